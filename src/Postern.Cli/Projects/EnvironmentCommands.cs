using System.CommandLine;
using System.Globalization;
using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;
using Postern.Cli.Selection;
using Postern.Cli.Terminals;
using Postern.Cli.Tunnels;
using Postern.Contracts.Api;

namespace Postern.Cli.Projects;

/// <summary><c>environment:list</c> and <c>environment:relationships</c>.</summary>
internal static class EnvironmentCommands
{
    private static readonly string[] Columns = ["id", "title", "status", "type", "machine_name", "created", "updated"];
    private static readonly string[] DefaultColumns = ["id", "title", "status", "type"];

    public static Command List(CommandTree tree)
    {
        var noInactive = new Option<bool>("--no-inactive", "-I") { Description = "Do not show inactive environments" };
        var status = new Option<string[]>("--status") { Description = "Filter by status: active, inactive, dirty, paused, deleting" };
        var type = new Option<string[]>("--type") { Description = "Filter by type" };
        var pipe = new Option<bool>("--pipe") { Description = "Output a list of environment IDs" };
        var refresh = new Option<bool>("--refresh") { Description = "Fetch the list anew", Hidden = true };
        var sort = new Option<string>("--sort") { Description = "Sort by: title, id, status, type", DefaultValueFactory = _ => "title" };
        var reverse = new Option<bool>("--reverse") { Description = "Sort in reverse (descending) order" };
        var table = new TableOptions();
        var command = new Command("environment:list", "Get a list of environments") { noInactive, status, type, pipe, refresh, sort, reverse };
        command.Aliases.Add("environments");
        command.Aliases.Add("env");
        table.AddTo(command);
        var selection = SelectionOptions.ForProject(command);
        return command.Does(tree, async (invocation, cancellation) =>
        {
            var project = await invocation.Selector.SelectProjectAsync(selection, cancellation);
            var statuses = invocation.Values(status);
            var types = invocation.Values(type);
            var environments = (await invocation.Selector.EnvironmentsAsync(project, cancellation))
                .Where(e => !invocation.Value(noInactive) || e.Status != "inactive")
                .Where(e => statuses.Count == 0 || statuses.Contains(e.Status))
                .Where(e => types.Count == 0 || types.Contains(e.Type));
            var sorted = Sort(environments, invocation.Value(sort)!);
            var shown = (invocation.Value(reverse) ? sorted.Reverse() : sorted).ToList();
            if (invocation.Value(pipe))
            {
                shown.ForEach(e => invocation.Terminal.WriteLine(SafeText.Clean(e.Id, keepLines: false)));
                return ExitCode.Success;
            }

            if (shown.Count == 0)
            {
                invocation.Terminal.Say("No environments found.");
                return ExitCode.Success;
            }

            var isForMachine = table.IsForMachine(invocation);
            var repository = await invocation.Selector.RepositoryAsync(cancellation);
            var current = repository?.ProjectId == project.Id ? await repository.CurrentBranchAsync(cancellation) : null;
            var rows = new Table(Columns, DefaultColumns);
            foreach (var (environment, depth) in isForMachine ? shown.Select(e => (e, 0)) : Tree(shown))
            {
                var id = isForMachine ? environment.Id : new string(' ', depth * 2) + environment.Id + (environment.Id == current ? "*" : "");
                rows.Add(
                    ("id", id), ("title", environment.Title), ("status", isForMachine ? environment.Status : StatusLabel(environment.Status)), ("type", environment.Type),
                    ("machine_name", environment.MachineName), ("created", Date(environment.CreatedAt)), ("updated", Date(environment.UpdatedAt)));
            }

            if (!isForMachine)
            {
                invocation.Terminal.Say($"Your environments are:\n");
            }

            table.Print(invocation, rows);
            if (!isForMachine && current is not null)
            {
                invocation.Terminal.Say("* - Indicates the current environment");
            }

            return ExitCode.Success;
        });
    }

    public static Command Relationships(CommandTree tree)
    {
        var argument = new Argument<string?>("environment") { Arity = ArgumentArity.ZeroOrOne, Description = "The environment" };
        var property = new Option<string?>("--property", "-P") { Description = "The relationship property to view, such as database.0.host" };
        var refresh = new Option<bool>("--refresh") { Description = "Read the relationships anew", Hidden = true };
        var command = new Command("environment:relationships", "Show an environment's relationships") { argument, property, refresh };
        command.Aliases.Add("relationships");
        command.Aliases.Add("rel");
        var selection = SelectionOptions.ForApp(command);
        selection.EnvironmentArgument = argument;
        return command.Does(tree, async (invocation, cancellation) =>
        {
            var relationships = await RelationshipReader.ReadLocalOrRemoteAsync(invocation, selection, cancellation);
            foreach (var endpoint in relationships.Endpoints())
            {
                endpoint.Service["url"] = ServiceUrl.Build(endpoint.Service);
            }

            invocation.Terminal.Write(YamlText.Render(
                invocation.Value(property) is { } path ? PropertyPath.Find(relationships.Root, path) : relationships.Root));
            return ExitCode.Success;
        });
    }

    private static IEnumerable<ProjectEnvironment> Sort(IEnumerable<ProjectEnvironment> environments, string key) => key switch
    {
        "title" => environments.OrderBy(e => e.IsMain ? 0 : 1).ThenBy(e => e.Title, StringComparer.OrdinalIgnoreCase),
        "id" => environments.OrderBy(e => e.Id, StringComparer.Ordinal),
        "status" => environments.OrderBy(e => e.Status, StringComparer.Ordinal),
        "type" => environments.OrderBy(e => e.Type, StringComparer.Ordinal),
        _ => throw CliException.Argument($"Invalid sort: {key} (available: title, id, status, type)"),
    };

    /// <summary>Parents before children; an environment whose parent is not shown stands at the root, and a circle is cut.</summary>
    private static List<(ProjectEnvironment Environment, int Depth)> Tree(List<ProjectEnvironment> shown)
    {
        var ids = shown.Select(e => e.Id).ToHashSet(StringComparer.Ordinal);
        var ordered = new List<(ProjectEnvironment, int)>();
        var placed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var root in shown.Where(e => e.Parent is null || !ids.Contains(e.Parent)).Concat(shown))
        {
            Place(root, 0);
        }

        return ordered;

        void Place(ProjectEnvironment environment, int depth)
        {
            if (!placed.Add(environment.Id))
            {
                return;
            }

            ordered.Add((environment, depth));
            foreach (var child in shown.Where(e => e.Parent == environment.Id))
            {
                Place(child, depth + 1);
            }
        }
    }

    private static string StatusLabel(string status) => status switch
    {
        "dirty" => "In progress",
        "" => "",
        _ => char.ToUpperInvariant(status[0]) + status[1..],
    };

    private static string? Date(DateTimeOffset? time) => time?.ToLocalTime().ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);
}
