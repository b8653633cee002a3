using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;
using Postern.Contracts.Api;

namespace Postern.Cli.Selection;

/// <summary>Finds the app, worker and instance a connection goes to.</summary>
internal sealed class ContainerSelector(Invocation invocation, SelectionOptions options)
{
    private const string LinkPrefix = "pf:ssh:";

    /// <summary>Project, environment and container, checked to be reachable.</summary>
    public async Task<Container> SelectAsync(bool includeWorkers, CancellationToken cancellation)
    {
        var project = await invocation.Selector.SelectProjectAsync(options, cancellation);
        var environment = await invocation.Selector.SelectEnvironmentAsync(options, project, IsReachable, cancellation);
        RequireRunning(invocation, environment);
        var name = await SelectNameAsync(project, environment, includeWorkers, cancellation);
        return new Container(project, environment, name, Destination(environment, name, includeWorkers ? invocation.Value(options.Instance) : null));
    }

    /// <summary>True for environments that an SSH command offers in its list.</summary>
    public static bool IsReachable(ProjectEnvironment environment) =>
        environment.Status is "active" or "dirty" || environment.Links.Relations.Any(IsSshLink);

    public static void RequireRunning(Invocation invocation, ProjectEnvironment environment)
    {
        var name = Selector.Label(environment);
        if (environment.Status == "inactive")
        {
            throw CliException.Failure($"The environment {name} is inactive, so an SSH connection is not possible."
                + (environment.HasCode ? "" : "\nPush code to the environment to activate it."));
        }

        if (environment.Status == "paused")
        {
            throw CliException.Failure($"The environment {name} is paused, so an SSH connection is not possible.\n"
                + $"Resume the environment by running: {invocation.Config.Executable} env:resume -e {environment.Id}");
        }
    }

    /// <summary>All SSH addresses of an environment, apps first.</summary>
    public static IReadOnlyList<SshDestination> AllDestinations(ProjectEnvironment environment) =>
    [
        .. environment.Links.Where(l => l.Value.Count > 0 && IsSshLink(l.Key))
            .Where(l => l.Key != "ssh" || !environment.Links.Relations.Any(r => r.StartsWith(LinkPrefix, StringComparison.Ordinal)))
            .Select(l => SshDestination.Parse(l.Value[0].Href))
            .Distinct(),
    ];

    private static bool IsSshLink(string relation) => relation == "ssh" || relation.StartsWith(LinkPrefix, StringComparison.Ordinal);

    private async Task<string> SelectNameAsync(Project project, ProjectEnvironment environment, bool includeWorkers, CancellationToken cancellation)
    {
        var path = $"/projects/{Uri.EscapeDataString(project.Id)}/environments/{Uri.EscapeDataString(environment.Id)}/deployments/current";
        var deployment = await invocation.Api.FindAsync(path, ApiJsonContext.Default.Deployment, cancellation);
        var app = invocation.Value(options.App) ?? invocation.Selector.ServiceVariable("APPLICATION_NAME") ?? invocation.Selector.AppFromAddress;
        if (deployment is null)
        {
            // A broken environment: there is nothing to check the name against.
            return app ?? "";
        }

        var worker = includeWorkers ? invocation.Value(options.Worker) : null;
        if (worker is not null)
        {
            return FindWorker(deployment, app, worker);
        }

        if (app is not null)
        {
            return deployment.Webapps.ContainsKey(app) ? app : throw CliException.Argument($"Application not found: {app}");
        }

        var apps = deployment.Webapps.Keys.Order(StringComparer.Ordinal).ToList();
        var workers = includeWorkers
            ? deployment.Workers.Keys.Where(w => environment.Links.TryGetHref(LinkPrefix + w, out _)).Order(StringComparer.Ordinal).ToList()
            : [];
        return Ask(apps, workers);
    }

    private string Ask(List<string> apps, List<string> workers)
    {
        var all = apps.Concat(workers).ToList();
        if (all.Count <= 1 || (apps.Count == 1 && !invocation.Terminal.IsInteractive))
        {
            return all.FirstOrDefault() ?? "";
        }

        if (!invocation.Terminal.IsInteractive)
        {
            throw CliException.Argument("Specifying the --app or --worker is required in non-interactive mode");
        }

        var title = workers.Count == 0 ? "Enter a number to choose an app:"
            : apps.Count == 1 ? "Enter a number to choose the app or its worker:"
            : "Enter a number to choose an app or a worker:";
        var index = invocation.Terminal.Choose(title, all, apps.Count == 1 ? 0 : null);
        return index is { } chosen ? all[chosen] : throw CliException.Failure("No app was chosen.");
    }

    private string FindWorker(Deployment deployment, string? app, string worker)
    {
        if (worker.Contains("--", StringComparison.Ordinal))
        {
            return deployment.Workers.ContainsKey(worker) ? worker : throw CliException.Argument($"Worker not found: {worker}");
        }

        var matches = deployment.Workers.Keys
            .Where(w => w.EndsWith("--" + worker, StringComparison.Ordinal) && (app is null || w == $"{app}--{worker}"))
            .Order(StringComparer.Ordinal).ToList();
        return matches.Count switch
        {
            0 => throw CliException.Argument($"Worker not found: {worker}"),
            1 => matches[0],
            _ when !invocation.Terminal.IsInteractive => throw CliException.Argument($"Ambiguous worker name: {worker} (matches: {string.Join(", ", matches)})"),
            _ => invocation.Terminal.Choose("Enter a number to choose a worker:", matches) is { } chosen ? matches[chosen] : throw CliException.Failure("No worker was chosen."),
        };
    }

    private static SshDestination Destination(ProjectEnvironment environment, string name, string? instance)
    {
        var links = environment.Links;
        var instances = links.Relations
            .Where(r => r.StartsWith($"{LinkPrefix}{name}:", StringComparison.Ordinal))
            .Select(r => r[(LinkPrefix.Length + name.Length + 1)..])
            .OrderBy(n => int.TryParse(n, out var number) ? number : int.MaxValue).ThenBy(n => n, StringComparer.Ordinal)
            .ToList();
        if (instance is not null)
        {
            return instances.Contains(instance) && links.TryGetHref($"{LinkPrefix}{name}:{instance}", out var exact)
                ? SshDestination.Parse(exact)
                : throw CliException.Argument($"Instance not found: {instance}. Available instances: {string.Join(", ", instances)}");
        }

        if (links.TryGetHref(LinkPrefix + name, out var href)
            || (instances.Count > 0 && links.TryGetHref($"{LinkPrefix}{name}:{instances[0]}", out href))
            || links.TryGetHref("ssh", out href))
        {
            return SshDestination.Parse(href);
        }

        var message = $"No SSH URL found for environment '{environment.Id}'.";
        throw CliException.Failure(environment.Status is "active" or "dirty"
            ? $"{message} You may not have permission to SSH."
            : $"{message} It is not currently active (status: {environment.Status}).");
    }
}
