using System.CommandLine;
using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;
using Postern.Cli.Selection;
using Postern.Cli.Terminals;
using Postern.Contracts.Api;

namespace Postern.Cli.Projects;

/// <summary><c>app:list</c>.</summary>
internal static class AppCommands
{
    private static readonly string[] Columns = ["name", "type", "disk", "size"];
    private static readonly string[] DefaultColumns = ["name", "type"];

    public static Command List(CommandTree tree)
    {
        var pipe = new Option<bool>("--pipe") { Description = "Output a list of app names" };
        var refresh = new Option<bool>("--refresh") { Description = "Fetch the list anew", Hidden = true };
        var table = new TableOptions();
        var command = new Command("app:list", "List apps in an environment") { pipe, refresh };
        command.Aliases.Add("apps");
        table.AddTo(command);
        var selection = SelectionOptions.ForEnvironment(command);
        return command.Does(tree, async (invocation, cancellation) =>
        {
            var project = await invocation.Selector.SelectProjectAsync(selection, cancellation);
            var environment = await invocation.Selector.SelectEnvironmentAsync(selection, project, ContainerSelector.IsReachable, cancellation);
            var path = $"/projects/{Uri.EscapeDataString(project.Id)}/environments/{Uri.EscapeDataString(environment.Id)}/deployments/current";
            var deployment = await invocation.Api.FindAsync(path, ApiJsonContext.Default.Deployment, cancellation);
            var apps = deployment?.Webapps.OrderBy(a => a.Key, StringComparer.Ordinal).ToList() ?? [];
            if (invocation.Value(pipe))
            {
                apps.ForEach(a => invocation.Terminal.WriteLine(SafeText.Clean(a.Key, keepLines: false)));
                return ExitCode.Success;
            }

            if (apps.Count == 0)
            {
                invocation.Terminal.Say("No applications found.");
                return ExitCode.Success;
            }

            var rows = new Table(Columns, DefaultColumns);
            foreach (var (name, app) in apps)
            {
                rows.Add(("name", name), ("type", app.Type), ("disk", app.Disk?.ToString()), ("size", app.Size));
            }

            if (!table.IsForMachine(invocation))
            {
                invocation.Terminal.Say($"Applications on the project {project.Title} ({project.Id}), environment {Selector.Label(environment)}:");
            }

            table.Print(invocation, rows);
            return ExitCode.Success;
        });
    }
}
