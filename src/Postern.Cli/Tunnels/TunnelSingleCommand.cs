using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;
using Postern.Cli.Selection;
using Postern.Cli.Ssh;

namespace Postern.Cli.Tunnels;

/// <summary><c>tunnel:single</c>: one tunnel in the foreground.</summary>
internal static class TunnelSingleCommand
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);

    public static Command Create(CommandTree tree)
    {
        var port = new Option<string?>("--port") { Description = "The local port" };
        var gatewayPorts = new Option<bool>("--gateway-ports", "-g") { Description = "Allow remote hosts to connect to local forwarded ports" };
        var relationship = new Option<string?>("--relationship", "-r") { Description = "The service relationship to use" };
        var command = new Command("tunnel:single", "Open a single SSH tunnel to an app relationship") { port, gatewayPorts, relationship };
        var selection = SelectionOptions.ForApp(command);
        return command.Does(tree, async (invocation, cancellation) =>
        {
            var terminal = invocation.Terminal;
            var container = await new ContainerSelector(invocation, selection).SelectAsync(includeWorkers: false, cancellation);
            if (container.Environment.IsMain
                && !terminal.Confirm($"Are you sure you want to open an SSH tunnel to the environment {Selector.Label(container.Environment)}?"))
            {
                return ExitCode.Failure;
            }

            var requestedPort = ReadPort(invocation.Value(port));
            await invocation.Ssh.PrepareAsync(cancellation);
            var endpoints = (await RelationshipReader.ReadAsync(invocation, container, cancellation)).Endpoints().ToList();
            var endpoint = Choose(invocation, endpoints, invocation.Value(relationship));
            if (endpoint is null)
            {
                return ExitCode.Failure;
            }

            TunnelEntry entry;
            using (await invocation.Tunnels.LockAsync(cancellation))
            {
                var open = invocation.Tunnels.Load();
                entry = TunnelOpenCommand.Entry(container, endpoint, invocation.Value(gatewayPorts));
                if (open.Find(t => t.Id == entry.Id) is { } present)
                {
                    terminal.Say($"A tunnel is already opened to the relationship {endpoint.DisplayName}, at: {present.Url}");
                    return ExitCode.Failure;
                }

                entry = entry with
                {
                    LocalPort = requestedPort ?? TunnelPorts.Choose([.. open.Select(t => t.LocalPort)], TunnelPorts.IsFree),
                    Pid = Environment.ProcessId,
                    Destination = container.Destination.ToString(),
                };
                invocation.Tunnels.WritePid(entry);
                invocation.Tunnels.Save([.. open, entry]);
            }

            try
            {
                return await RunAsync(invocation, container, entry, cancellation);
            }
            finally
            {
                await invocation.Tunnels.RemoveAsync([entry.Id], CancellationToken.None);
            }
        });
    }

    private static int? ReadPort(string? text)
    {
        if (text is null)
        {
            return null;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || !TunnelPorts.IsValid(port))
        {
            throw CliException.Argument($"Invalid port: {text}");
        }

        return TunnelPorts.IsFree(port) ? port : throw CliException.Argument($"Port already in use: {port}");
    }

    private static RelationshipEndpoint? Choose(Invocation invocation, List<RelationshipEndpoint> endpoints, string? wanted)
    {
        if (endpoints.Count == 0)
        {
            invocation.Terminal.Say("No relationships found.");
            return null;
        }

        if (wanted is not null)
        {
            return endpoints.Find(e => e.DisplayName == wanted || (e.Relationship == wanted && e.ServiceKey == "0"))
                ?? throw CliException.Argument($"Relationship not found: {wanted}");
        }

        if (endpoints.Count == 1)
        {
            return endpoints[0];
        }

        var names = endpoints.ConvertAll(e => e.DisplayName);
        if (!invocation.Terminal.IsInteractive)
        {
            throw CliException.Argument("More than one relationship found.\nUse the --relationship (-r) option to specify one of: " + string.Join(", ", names));
        }

        return invocation.Terminal.Choose("Enter a number to choose a relationship:", names) is { } index ? endpoints[index] : null;
    }

    private static async Task<int> RunAsync(Invocation invocation, Container container, TunnelEntry entry, CancellationToken cancellation)
    {
        if (entry.RemotePort == 0 || entry.RemoteHost.Length == 0)
        {
            throw CliException.Failure($"The relationship {entry.DisplayName} has no host and port.");
        }

        var options = invocation.Ssh.Options(
            container.Destination.Host, null, ["ExitOnForwardFailure yes", "ServerAliveInterval 15", "ServerAliveCountMax 3", .. entry.GatewayPorts ? ["GatewayPorts yes"] : Array.Empty<string>()]);
        var forward = string.Create(CultureInfo.InvariantCulture, $"{entry.LocalPort}:{entry.RemoteHost}:{entry.RemotePort}");
        string[] arguments = ["-n", "-N", "-L", forward, .. SshRunner.Arguments(container.Destination, options, null)];
        using var process = new Process { StartInfo = invocation.Processes.StartInfo(invocation.Ssh.Find(), arguments, ("CLI_SSH_NO_REFRESH", "1")) };
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        ProcessRunner.Start(process, process.StartInfo.FileName);
        var isAnnounced = false;
        while (!process.HasExited)
        {
            await Task.WhenAny(process.WaitForExitAsync(cancellation), Task.Delay(Tick, invocation.Host.Time, cancellation));
            if (!isAnnounced && !process.HasExited && !TunnelPorts.IsFree(entry.LocalPort))
            {
                invocation.Terminal.Say($"SSH tunnel opened to {entry.DisplayName} at: {entry.Url}\n\nQuitting this command (with Ctrl+C or equivalent) will close the tunnel.");
                isAnnounced = true;
            }

            if (!File.Exists(invocation.Tunnels.PidFile(entry.Id)))
            {
                ProcessRunner.Kill(process);
                await process.WaitForExitAsync(cancellation);
                return ExitCode.Success;
            }
        }

        return isAnnounced && process.ExitCode is 0 or 130 ? ExitCode.Success : ExitCode.Failure;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            ProcessRunner.Kill(process);
        }
    }
}
