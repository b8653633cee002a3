using System.CommandLine;
using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;
using Postern.Cli.Selection;

namespace Postern.Cli.Tunnels;

/// <summary><c>tunnel:open</c>: a tunnel to every relationship of an app.</summary>
internal static class TunnelOpenCommand
{
    public static Command Create(CommandTree tree)
    {
        var gatewayPorts = new Option<bool>("--gateway-ports", "-g") { Description = "Allow remote hosts to connect to local forwarded ports" };
        var command = new Command("tunnel:open", "Open SSH tunnels to an app's relationships") { gatewayPorts };
        var selection = SelectionOptions.ForApp(command);
        return command.Does(tree, async (invocation, cancellation) =>
        {
            var terminal = invocation.Terminal;
            var container = await new ContainerSelector(invocation, selection).SelectAsync(includeWorkers: false, cancellation);
            if (container.Environment.IsMain
                && !terminal.Confirm($"Are you sure you want to open SSH tunnel(s) to the environment {Selector.Label(container.Environment)}?"))
            {
                return ExitCode.Failure;
            }

            await invocation.Ssh.PrepareAsync(cancellation);
            var endpoints = (await RelationshipReader.ReadAsync(invocation, container, cancellation)).Endpoints().ToList();
            if (endpoints.Count == 0)
            {
                terminal.Say("No relationships found.");
                return ExitCode.Failure;
            }

            using var held = await invocation.Tunnels.LockAsync(cancellation);
            var open = invocation.Tunnels.Load();
            var wanted = new List<TunnelEntry>();
            var isFailed = false;
            foreach (var endpoint in endpoints)
            {
                var entry = Entry(container, endpoint, invocation.Value(gatewayPorts));
                if (open.Find(t => t.Id == entry.Id) is { } present)
                {
                    terminal.Say($"A tunnel is already opened to the relationship {endpoint.DisplayName}, at: {present.Url}");
                }
                else if (entry.RemotePort == 0 || entry.RemoteHost.Length == 0)
                {
                    terminal.Say($"Failed to open tunnel for relationship: {endpoint.DisplayName} (it has no host and port)");
                    isFailed = true;
                }
                else
                {
                    wanted.Add(entry with { LocalPort = TunnelPorts.Choose([.. open.Concat(wanted).Select(t => t.LocalPort)], TunnelPorts.IsFree) });
                }
            }

            if (wanted.Count > 0)
            {
                var failures = await new TunnelOpener(invocation).OpenAsync(container, wanted, open, cancellation);
                foreach (var entry in wanted)
                {
                    terminal.Say(failures.TryGetValue(entry.Id, out var reason)
                        ? $"Failed to open tunnel for relationship: {entry.DisplayName}\n  {reason}"
                        : $"SSH tunnel opened to {entry.DisplayName} at: {entry.Url}");
                }

                isFailed |= failures.Count > 0;
                if (failures.Count < wanted.Count)
                {
                    Explain(invocation);
                }
            }

            return isFailed ? ExitCode.Failure : ExitCode.Success;
        });
    }

    public static TunnelEntry Entry(Container container, RelationshipEndpoint endpoint, bool gatewayPorts)
    {
        var app = container.Name.Length > 0 ? container.Name : null;
        return new TunnelEntry
        {
            Id = TunnelEntry.KeyOf(container.Project.Id, container.Environment.Id, app, endpoint.Relationship, endpoint.ServiceKey),
            ProjectId = container.Project.Id,
            EnvironmentId = container.Environment.Id,
            AppName = app,
            Relationship = endpoint.Relationship,
            ServiceKey = endpoint.ServiceKey,
            RemoteHost = endpoint.Host ?? "",
            RemotePort = endpoint.Port ?? 0,
            Service = endpoint.Service.DeepClone().AsObject(),
            GatewayPorts = gatewayPorts,
        };
    }

    private static void Explain(Invocation invocation)
    {
        var executable = invocation.Config.Executable;
        invocation.Terminal.Say(
            $"""

            Logs are written to: {invocation.Tunnels.Log}

            List tunnels with: {executable} tunnels
            View tunnel details with: {executable} tunnel:info
            Close tunnels with: {executable} tunnel:close

            Save encoded tunnel details to the {invocation.Config.ServiceEnvironmentPrefix}RELATIONSHIPS variable using:
              export {invocation.Config.ServiceEnvironmentPrefix}RELATIONSHIPS="$({executable} tunnel:info --encode)"
            """);
    }
}
