using System.CommandLine;
using Postern.Server.Composition;

namespace Postern.Server.Commands;

/// <summary><c>postern-server serve</c>: runs the server until it is told to stop (SIGTERM or Ctrl+C).</summary>
internal static class ServeCommand
{
    public static Command Create()
    {
        var command = new Command("serve", "Run the server until SIGTERM or Ctrl+C");
        command.Runs(async (_, config, cancellationToken) =>
        {
            await using var host = await ServerHost.StartAsync(config, cancellationToken);
            if (config.IsControl)
            {
                await SetupNote.WriteAsync(host.Services, cancellationToken);
            }

            await host.WaitForShutdownAsync(cancellationToken);
            return 0;
        });
        return command;
    }
}
