using System.Text.RegularExpressions;
using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;
using Postern.Contracts.Api;

namespace Postern.Cli.Selection;

/// <summary>Finds the project and the environment a command is about: option, variable, directory, question.</summary>
internal sealed class Selector(Invocation invocation)
{
    /// <summary>Longer lists are typed, not numbered.</summary>
    private const int MaxNumberedProjects = 25;
    private const int ShownProjects = 8;

    private GitRepository? _repository;
    private bool _isRepositoryKnown;
    private SiteAddress _site = SiteAddress.None;

    /// <summary>The app that a site address named, if one did.</summary>
    public string? AppFromAddress => _site.App;

    public string? ServiceVariable(string name) => invocation.Host.Variable(invocation.Config.ServiceEnvironmentPrefix + name);

    public async Task<Project> SelectProjectAsync(SelectionOptions options, CancellationToken cancellation)
    {
        if (invocation.Value(options.Project) is { } given)
        {
            _site = await SiteAddress.ParseAsync(invocation, given, cancellation);
            return await FindProjectAsync(_site.ProjectId ?? given, cancellation);
        }

        if (ServiceVariable("PROJECT") is { } fromVariable)
        {
            return await FindProjectAsync(fromVariable, cancellation);
        }

        if (await RepositoryAsync(cancellation) is { } repository)
        {
            return await FindProjectAsync(repository.ProjectId, cancellation);
        }

        if (!invocation.Terminal.IsInteractive)
        {
            throw new CliException("RootNotFoundException", "Could not determine the current project.\nSpecify it using --project, or go to a project directory.", ExitCode.NoProject);
        }

        return await FindProjectAsync(await AskProjectAsync(cancellation), cancellation);
    }

    public async Task<IReadOnlyList<ProjectEnvironment>> EnvironmentsAsync(Project project, CancellationToken cancellation) =>
        await invocation.Api.GetAsync($"/projects/{Uri.EscapeDataString(project.Id)}/environments", ApiJsonContext.Default.IReadOnlyListProjectEnvironment, cancellation);

    /// <summary>The environment, from those the filter lets through when it has to be asked for.</summary>
    public async Task<ProjectEnvironment> SelectEnvironmentAsync(
        SelectionOptions options, Project project, Func<ProjectEnvironment, bool> isOffered, CancellationToken cancellation)
    {
        var environments = await EnvironmentsAsync(project, cancellation);
        var argument = options.EnvironmentArgument is { } positional ? invocation.Value(positional) : null;
        if (argument is not null && invocation.Value(options.Environment) is not null)
        {
            throw CliException.Argument("You cannot use both the <environment> argument and the --environment option.");
        }

        var given = argument ?? invocation.Value(options.Environment) ?? _site.Environment;
        if (given == ".")
        {
            invocation.Terminal.Say("Selecting default environment (indicated by .)");
            var main = Find(environments, project.DefaultBranch);
            invocation.Terminal.Say($"Selected environment: {Label(main)}");
            return main;
        }

        if (given is not null)
        {
            return Find(environments, given);
        }

        if (ServiceVariable("BRANCH") is { } branch)
        {
            return Find(environments, branch);
        }

        var repository = invocation.Value(options.Project) is null ? await RepositoryAsync(cancellation) : null;
        if (repository is not null && repository.ProjectId == project.Id && await FromBranchAsync(repository, environments, cancellation) is { } current)
        {
            return current;
        }

        return await AskEnvironmentAsync(environments.Where(isOffered).ToList(), environments, repository is not null, cancellation);
    }

    /// <summary>The repository of the current directory.</summary>
    public async Task<GitRepository?> RepositoryAsync(CancellationToken cancellation)
    {
        if (!_isRepositoryKnown)
        {
            _repository = await GitRepository.FindAsync(invocation, cancellation);
            _isRepositoryKnown = true;
        }

        return _repository;
    }

    public static string Label(ProjectEnvironment environment)
    {
        var title = environment.Title.Length > 0 && !environment.Title.Equals(environment.Id, StringComparison.OrdinalIgnoreCase);
        var name = title ? $"{environment.Title} ({environment.Id})" : environment.Id;
        return environment.Type.Length > 0 && environment.Type != environment.Id ? $"{name} (type: {environment.Type})" : name;
    }

    private async Task<Project> FindProjectAsync(string id, CancellationToken cancellation)
    {
        if (id.Length > 0 && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-')
            && await FindOrForbiddenAsync(id, cancellation) is { } project)
        {
            return project;
        }

        var message = $"Specified project not found: {id}";
        var projects = await new ProjectDirectoryReader(invocation).ListAsync(cancellation);
        if (projects.Count > 0)
        {
            message += "\n\nYour projects are:\n" + string.Concat(projects.Take(ShownProjects).Select(p => $"    {p.Id} - {p.Title}\n"))
                + (projects.Count > ShownProjects ? "    ...\n" : "")
                + $"\nList projects with: {invocation.Config.Executable} projects";
        }

        throw new CliException("ProjectNotFoundException", message, ExitCode.ProjectNotFound);
    }

    private async Task<Project?> FindOrForbiddenAsync(string id, CancellationToken cancellation) =>
        await invocation.Api.FindAsync($"/projects/{Uri.EscapeDataString(id)}", ApiJsonContext.Default.Project, cancellation);

    private async Task<string> AskProjectAsync(CancellationToken cancellation)
    {
        var projects = await new ProjectDirectoryReader(invocation).ListAsync(cancellation);
        if (projects.Count == 0)
        {
            throw new CliException("RootNotFoundException", "You have no projects.\nAsk an administrator of your organization for access.", ExitCode.NoProject);
        }

        if (projects.Count >= MaxNumberedProjects || projects.Count > invocation.Terminal.Height)
        {
            return invocation.Terminal.Ask("Enter a project ID") ?? throw CliException.Failure("No project was chosen.");
        }

        var index = invocation.Terminal.Choose("Enter a number to choose a project:", [.. projects.Select(p => p.Label)]);
        return index is { } chosen ? projects[chosen].Id : throw CliException.Failure("No project was chosen.");
    }

    private static ProjectEnvironment Find(IReadOnlyList<ProjectEnvironment> environments, string id) =>
        environments.FirstOrDefault(e => e.Id == id)
        ?? environments.FirstOrDefault(e => e.MachineName == id)
        ?? throw CliException.Argument($"Specified environment not found: {id}");

    private static async Task<ProjectEnvironment?> FromBranchAsync(GitRepository repository, IReadOnlyList<ProjectEnvironment> environments, CancellationToken cancellation)
    {
        if (await repository.CurrentBranchAsync(cancellation) is not { } branch)
        {
            return null;
        }

        var candidates = new[] { repository.Mapping.GetValueOrDefault(branch), await repository.UpstreamBranchAsync(cancellation), branch, Slug(branch) };
        return candidates.OfType<string>().Select(c => environments.FirstOrDefault(e => e.Id == c)).FirstOrDefault(e => e is not null);
    }

    private async Task<ProjectEnvironment> AskEnvironmentAsync(
        List<ProjectEnvironment> offered, IReadOnlyList<ProjectEnvironment> all, bool isInProjectDirectory, CancellationToken cancellation)
    {
        if (offered.Count == 1)
        {
            invocation.Terminal.Say($"Selected environment: {Label(offered[0])} (by default)");
            return offered[0];
        }

        if (!invocation.Terminal.IsInteractive || offered.Count == 0)
        {
            throw CliException.Argument(isInProjectDirectory
                ? "Could not determine the current environment.\nSpecify it manually using --environment (-e)."
                : "No environment specified.\nSpecify one using --environment (-e), or go to a project directory.");
        }

        var defaultIndex = offered.FindIndex(e => e.IsMain);
        if (offered.Count > invocation.Terminal.Height / 2)
        {
            var id = invocation.Terminal.Ask("Enter an environment ID", defaultIndex >= 0 ? offered[defaultIndex].Id : null);
            return Find(all, id ?? "");
        }

        var index = invocation.Terminal.Choose("Enter a number to choose an environment:", [.. offered.Select(Label)], defaultIndex >= 0 ? defaultIndex : null);
        return index is { } chosen ? offered[chosen] : throw CliException.Failure("No environment was chosen.");
    }

    /// <summary>The older form of environment ids: the branch in lower case, 32 characters.</summary>
    private static string Slug(string branch)
    {
        const int MaxSlug = 32;
        var slug = Regex.Replace(branch.ToLowerInvariant(), "[^a-z0-9-]+", "-", RegexOptions.NonBacktracking).Trim('-');
        return slug.Length <= MaxSlug ? slug : slug[..MaxSlug];
    }
}
