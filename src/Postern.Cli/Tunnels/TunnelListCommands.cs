using System.CommandLine;
using System.Text;
using System.Text.Json.Nodes;
using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;
using Postern.Cli.Selection;
using Postern.Cli.Terminals;

namespace Postern.Cli.Tunnels;

/// <summary><c>tunnel:list</c>, <c>tunnel:info</c> and <c>tunnel:close</c>.</summary>
internal static class TunnelListCommands
{
    private static readonly string[] Columns = ["port", "project", "environment", "app", "relationship", "url"];
    private static readonly string[] DefaultColumns = ["port", "project", "environment", "app", "relationship"];
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ClosePoll = TimeSpan.FromMilliseconds(100);

    public static Command List(CommandTree tree)
    {
        var all = new Option<bool>("--all", "-a") { Description = "View all tunnels" };
        var table = new TableOptions();
        var command = new Command("tunnel:list", "List SSH tunnels") { all };
        command.Aliases.Add("tunnels");
        table.AddTo(command);
        var selection = SelectionOptions.ForApp(command);
        return command.Does(tree, async (invocation, cancellation) =>
        {
            var (shown, hasOthers) = await SelectAsync(invocation, selection, invocation.Value(all), cancellation);
            if (shown.Count == 0)
            {
                SayNone(invocation, hasOthers, "List all tunnels with: {0} tunnels --all");
                return ExitCode.Failure;
            }

            var rows = new Table(Columns, DefaultColumns);
            foreach (var t in shown)
            {
                rows.Add(
                    ("port", t.LocalPort.ToString()), ("project", t.ProjectId), ("environment", t.EnvironmentId),
                    ("app", string.IsNullOrEmpty(t.AppName) ? "[default]" : t.AppName), ("relationship", t.DisplayName), ("url", t.Url));
            }

            table.Print(invocation, rows);
            if (!table.IsForMachine(invocation))
            {
                invocation.Terminal.Say($"\nView tunnel details with: {invocation.Config.Executable} tunnel:info\nClose tunnels with: {invocation.Config.Executable} tunnel:close");
            }

            return ExitCode.Success;
        });
    }

    public static Command Info(CommandTree tree)
    {
        var property = new Option<string?>("--property", "-P") { Description = "The relationship property to view" };
        var encode = new Option<bool>("--encode", "-c") { Description = "Output as base64-encoded JSON" };
        var command = new Command("tunnel:info", "View relationship info for SSH tunnels") { property, encode };
        var selection = SelectionOptions.ForApp(command);
        return command.Does(tree, async (invocation, cancellation) =>
        {
            if (invocation.Value(encode) && invocation.Value(property) is not null)
            {
                throw CliException.Argument("You cannot combine --encode with --property.");
            }

            var (shown, hasOthers) = await SelectAsync(invocation, selection, isAll: false, cancellation);
            if (shown.Count == 0)
            {
                SayNone(invocation, hasOthers, "List all tunnels with: {0} tunnels --all");
                return ExitCode.Failure;
            }

            var relationships = new JsonObject();
            foreach (var tunnel in shown)
            {
                if (relationships[tunnel.Relationship] is not JsonObject endpoints)
                {
                    relationships[tunnel.Relationship] = endpoints = [];
                }

                endpoints[tunnel.ServiceKey] = tunnel.LocalService;
            }

            if (invocation.Value(encode))
            {
                invocation.Terminal.WriteLine(Convert.ToBase64String(Encoding.UTF8.GetBytes(relationships.ToJsonString())));
                return ExitCode.Success;
            }

            invocation.Terminal.Write(YamlText.Render(invocation.Value(property) is { } path ? PropertyPath.Find(relationships, path) : relationships));
            return ExitCode.Success;
        });
    }

    public static Command Close(CommandTree tree)
    {
        var all = new Option<bool>("--all", "-a") { Description = "Close all tunnels" };
        var command = new Command("tunnel:close", "Close SSH tunnels") { all };
        var selection = SelectionOptions.ForApp(command);
        return command.Does(tree, async (invocation, cancellation) =>
        {
            var (shown, hasOthers) = await SelectAsync(invocation, selection, invocation.Value(all), cancellation);
            if (shown.Count == 0)
            {
                invocation.Terminal.Say(hasOthers ? "No tunnels found. Use --all to close all tunnels." : "No tunnels found.");
                return ExitCode.Failure;
            }

            var isFailed = false;
            var closing = shown.Where(t => invocation.Terminal.Confirm($"Close tunnel to relationship {t.DisplayName} on {t.AppLabel}?")).ToList();
            foreach (var tunnel in closing)
            {
                // Its process watches this file; a signal would close the app's other tunnels as well.
                File.Delete(invocation.Tunnels.PidFile(tunnel.Id));
            }

            foreach (var tunnel in closing)
            {
                if (await IsClosedAsync(invocation, tunnel, cancellation))
                {
                    invocation.Terminal.Say($"Closed tunnel to {tunnel.DisplayName} on {tunnel.AppLabel}");
                }
                else
                {
                    invocation.Terminal.Say($"The tunnel to {tunnel.DisplayName} on {tunnel.AppLabel} did not close within {CloseLimit.TotalSeconds:0} s. Its process is {tunnel.Pid}; see {invocation.Tunnels.Log}");
                    isFailed = true;
                }
            }

            return isFailed || closing.Count < shown.Count ? ExitCode.Failure : ExitCode.Success;
        });
    }

    private static async Task<bool> IsClosedAsync(Invocation invocation, TunnelEntry tunnel, CancellationToken cancellation)
    {
        var started = invocation.Host.Time.GetTimestamp();
        while (!TunnelPorts.IsFree(tunnel.LocalPort) || invocation.Tunnels.Read().Exists(t => t.Id == tunnel.Id))
        {
            if (invocation.Host.Time.GetElapsedTime(started) > CloseLimit)
            {
                return false;
            }

            await Task.Delay(ClosePoll, invocation.Host.Time, cancellation);
        }

        return true;
    }

    /// <summary>The tunnels that the options, the variables or the current directory point at; all when nothing does.</summary>
    private static async Task<(IReadOnlyList<TunnelEntry> Shown, bool HasOthers)> SelectAsync(
        Invocation invocation, SelectionOptions options, bool isAll, CancellationToken cancellation)
    {
        List<TunnelEntry> open;
        using (await invocation.Tunnels.LockAsync(cancellation))
        {
            open = [.. invocation.Tunnels.Load().OrderBy(t => t.LocalPort)];
        }

        if (isAll)
        {
            return (open, false);
        }

        var selector = invocation.Selector;
        var project = invocation.Value(options.Project) ?? selector.ServiceVariable("PROJECT");
        project ??= open.Count == 0 ? null : (await selector.RepositoryAsync(cancellation))?.ProjectId;
        var environment = invocation.Value(options.Environment) ?? selector.ServiceVariable("BRANCH");
        var app = invocation.Value(options.App) ?? selector.ServiceVariable("APPLICATION_NAME");
        var shown = open
            .Where(t => (project is null || t.ProjectId == project) && (environment is null || t.EnvironmentId == environment) && (app is null || t.AppName == app))
            .ToList();
        return (shown, open.Count > shown.Count);
    }

    private static void SayNone(Invocation invocation, bool hasOthers, string hint)
    {
        invocation.Terminal.Say("No tunnels found.");
        if (hasOthers)
        {
            invocation.Terminal.Say(string.Format(System.Globalization.CultureInfo.InvariantCulture, hint, invocation.Config.Executable));
        }
    }
}
