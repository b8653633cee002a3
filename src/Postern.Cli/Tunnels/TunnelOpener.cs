using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Postern.Cli.CommandLine;
using Postern.Cli.Files;
using Postern.Cli.Hosting;
using Postern.Cli.Selection;

namespace Postern.Cli.Tunnels;

/// <summary>Adds tunnels to the app's background ssh, which is started when there is none.</summary>
internal sealed class TunnelOpener(Invocation invocation)
{
    /// <summary>ssh appends 17 characters while it makes the socket, and the system's limit is 104 to 108.</summary>
    private const int MaxControlPath = 85;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(45);

    /// <summary>Opens one tunnel per entry.</summary>
    /// <param name="container">The app.</param>
    /// <param name="wanted">New entries with their ports; the caller holds the lock.</param>
    /// <param name="open">Tunnels that are open; the new ones are added and the state is written.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The reason of failure by tunnel, for those that failed.</returns>
    public async Task<IReadOnlyDictionary<string, string>> OpenAsync(
        Container container, IReadOnlyList<TunnelEntry> wanted, List<TunnelEntry> open, CancellationToken cancellation)
    {
        var failures = new Dictionary<string, string>(StringComparer.Ordinal);
        var running = open.Find(t => t.Group == wanted[0].Group && t.ControlPath is not null);
        if (running is not null)
        {
            foreach (var tunnel in wanted)
            {
                var result = await ControlledSsh.ControlAsync(
                    invocation.Processes, invocation.Ssh.Find(), running.ControlPath!, running.Destination, "forward", tunnel, cancellation);
                if (result.ExitCode != 0)
                {
                    failures[tunnel.Id] = result.Error.Trim();
                    continue;
                }

                var added = tunnel with { Pid = running.Pid, ControlPath = running.ControlPath, Destination = running.Destination };
                invocation.Tunnels.WritePid(added);
                open.Add(added);
            }
        }
        else
        {
            var destination = container.Destination.ToString();
            var controlPath = ControlPath(wanted[0].Group);
            var (pid, fault) = await StartAsync(destination, controlPath, wanted, cancellation);
            if (fault is null)
            {
                open.AddRange(wanted.Select(t => t with { Pid = pid, ControlPath = controlPath, Destination = destination }));
            }
            else
            {
                foreach (var tunnel in wanted)
                {
                    failures[tunnel.Id] = fault;
                }
            }
        }

        invocation.Tunnels.Save(open);
        return failures;
    }

    private async Task<(int Pid, string? Fault)> StartAsync(string destination, string controlPath, IReadOnlyList<TunnelEntry> tunnels, CancellationToken cancellation)
    {
        var info = invocation.Processes.StartInfo(
            invocation.Host.ExecutablePath, [.. invocation.Host.ExecutableArguments, TunnelServeCommand.Name, "--no-interaction", "--", destination, controlPath]);
        info.RedirectStandardInput = true;
        info.RedirectStandardOutput = true;
        info.RedirectStandardError = true;
        info.WorkingDirectory = "/";
        using var process = new Process { StartInfo = info };
        ProcessRunner.Start(process, info.FileName);
        await process.StandardInput.WriteAsync(JsonSerializer.Serialize([.. tunnels], TunnelJsonContext.Default.ListTunnelEntry));
        process.StandardInput.Close();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(StartLimit);
        try
        {
            var answer = await process.StandardOutput.ReadLineAsync(limit.Token);
            return answer == TunnelServeCommand.Ready
                ? (process.Id, null)
                : (0, answer ?? (await process.StandardError.ReadToEndAsync(limit.Token)).Trim());
        }
        catch (OperationCanceledException)
        {
            ProcessRunner.Kill(process);
            cancellation.ThrowIfCancellationRequested();
            return (0, $"ssh did not open the tunnels within {StartLimit.TotalSeconds:0} s");
        }
    }

    private string ControlPath(string group)
    {
        AtomicFile.CreateDirectory(invocation.Tunnels.Directory);
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(group)))[..16] + ".sock";
        var path = Path.Combine(invocation.Tunnels.Directory, name);
        // The temporary directory is made for us alone, with a name nobody can guess.
        return path.Length <= MaxControlPath ? path : Path.Combine(Directory.CreateTempSubdirectory("postern").FullName, name);
    }
}
