using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;

namespace Postern.Cli.Tunnels;

/// <summary>The background process behind <c>tunnel:open</c>: reads its tunnels from standard input, answers one line, and stays.</summary>
internal static partial class TunnelServeCommand
{
    public const string Name = "tunnel:serve";
    public const string Ready = "ready";

    public static Command Create(CommandTree tree)
    {
        var destination = new Argument<string>("destination");
        var controlPath = new Argument<string>("control-path");
        var command = new Command(Name, "Keep tunnels open in the background") { destination, controlPath };
        command.Hidden = true;
        command.SetAction(async (parse, cancellation) =>
        {
            // A session of its own: closing the terminal does not reach it.
            _ = SetSession();
            using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true);
            using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
            {
                context.Cancel = true;
                ending.Cancel();
            });
            using var invocation = new Invocation(tree.Host, parse, tree.Global);
            var tunnels = JsonSerializer.Deserialize(await tree.Host.Input.ReadToEndAsync(cancellation), TunnelJsonContext.Default.ListTunnelEntry) ?? [];
            if (tunnels.Count == 0)
            {
                throw CliException.Failure("There are no tunnels to keep open.");
            }

            var own = tunnels.Select(t => t with { Pid = Environment.ProcessId }).ToList();
            var log = new TunnelLog(invocation.Tunnels.Log, own[0].AppLabel, tree.Host.Time);
            var supervisor = new TunnelSupervisor(invocation, log, parse.GetValue(destination)!, parse.GetValue(controlPath)!);
            var isOpen = await supervisor.RunAsync(own, () => Answer(tree.Host, Ready), ending.Token);
            if (!isOpen)
            {
                Answer(tree.Host, log.LastLine ?? "ssh could not connect");
            }

            return isOpen ? ExitCode.Success : ExitCode.Failure;
        });
        return command;
    }

    private static void Answer(CliHost host, string line)
    {
        host.Output.WriteLine(line);
        host.Output.Flush();
    }

    [LibraryImport("libc", EntryPoint = "setsid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetSession();
}
