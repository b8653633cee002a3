using Postern.Cli.CommandLine;
using Postern.Cli.Hosting;

namespace Postern.Cli.Tunnels;

/// <summary>
/// Keeps the tunnels of one app open: one ssh for all of them, started again with a fresh certificate and the same
/// ports when it dies, and ended when the last pid file is gone.
/// </summary>
internal sealed class TunnelSupervisor(Invocation invocation, TunnelLog log, string destination, string controlPath)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly List<TunnelEntry> _tunnels = [];
    private readonly string _ssh = invocation.Ssh.Find();

    /// <summary>Opens the tunnels, says so, and stays until they are closed.</summary>
    /// <param name="tunnels">The tunnels, with our process id.</param>
    /// <param name="ready">Called once, when all are open.</param>
    /// <param name="cancellation">A wish to end.</param>
    /// <returns>False when they could not be opened.</returns>
    public async Task<bool> RunAsync(IReadOnlyList<TunnelEntry> tunnels, Action ready, CancellationToken cancellation)
    {
        _tunnels.AddRange(tunnels);
        var ssh = Start();
        try
        {
            if (!await ssh.WaitUntilReadyAsync(cancellation))
            {
                await ssh.StopAsync();
                return false;
            }

            _tunnels.ForEach(invocation.Tunnels.WritePid);
            log.Write($"opened {_tunnels.Count} tunnel(s)");
            ready();
            while (await StayAsync(ssh, cancellation))
            {
                if (await ReopenAsync(cancellation) is not { } reopened)
                {
                    break;
                }

                ssh.Dispose();
                ssh = reopened;
            }
        }
        catch (OperationCanceledException)
        {
            log.Write("asked to end");
        }
        finally
        {
            if (!ssh.HasExited)
            {
                await ssh.StopAsync();
            }

            ssh.Dispose();
            File.Delete(controlPath);
            await invocation.Tunnels.RemoveAsync([.. _tunnels.Select(t => t.Id)], CancellationToken.None);
        }

        return true;
    }

    private ControlledSsh Start()
    {
        var host = destination[(destination.IndexOf('@', StringComparison.Ordinal) + 1)..];
        var options = invocation.Ssh.Options(host, null, []);
        return ControlledSsh.Start(invocation.Host, invocation.Processes, _ssh, controlPath, destination, options, _tunnels, log.Write);
    }

    /// <summary>Watches until ssh dies or nothing is left to keep.</summary>
    /// <returns>True when ssh died and tunnels are left.</returns>
    private async Task<bool> StayAsync(ControlledSsh ssh, CancellationToken cancellation)
    {
        while (true)
        {
            await Task.WhenAny(ssh.Exited, Task.Delay(Tick, invocation.Host.Time, cancellation));
            cancellation.ThrowIfCancellationRequested();
            Adopt();
            foreach (var closed in Closed())
            {
                if (!ssh.HasExited)
                {
                    await ControlledSsh.ControlAsync(invocation.Processes, _ssh, controlPath, destination, "cancel", closed, cancellation);
                }

                await ForgetAsync(closed, cancellation);
            }

            if (_tunnels.Count == 0)
            {
                log.Write("all tunnels closed");
                return false;
            }

            if (ssh.HasExited)
            {
                log.Write("the ssh connection ended; opening it again");
                return true;
            }
        }
    }

    private async Task<ControlledSsh?> ReopenAsync(CancellationToken cancellation)
    {
        var pause = FirstPause;
        while (true)
        {
            var until = invocation.Host.Time.GetUtcNow() + pause;
            while (invocation.Host.Time.GetUtcNow() < until)
            {
                await Task.Delay(Tick, invocation.Host.Time, cancellation);
                foreach (var closed in Closed())
                {
                    await ForgetAsync(closed, cancellation);
                }

                if (_tunnels.Count == 0)
                {
                    log.Write("all tunnels closed");
                    return null;
                }
            }

            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            if (!await LoadCertificateAsync(cancellation))
            {
                return null;
            }

            if (await TryStartAsync(cancellation) is { } ssh)
            {
                log.Write("the tunnels are open again");
                return ssh;
            }
        }
    }

    /// <summary>Starts ssh and waits until the forwards are open; an ssh that does not get there is ended.</summary>
    private async Task<ControlledSsh?> TryStartAsync(CancellationToken cancellation)
    {
        var ssh = Start();
        var isReady = false;
        try
        {
            isReady = await ssh.WaitUntilReadyAsync(cancellation);
            return isReady ? ssh : null;
        }
        finally
        {
            if (!isReady)
            {
                await ssh.StopAsync();
                ssh.Dispose();
            }
        }
    }

    /// <summary>Renews the certificate if that is needed.</summary>
    /// <returns>False when nobody is logged in any more, so that trying on is of no use.</returns>
    private async Task<bool> LoadCertificateAsync(CancellationToken cancellation)
    {
        try
        {
            await invocation.Certificates.LoadAsync(isNewWanted: false, cancellation);
            return true;
        }
        catch (CliException exception)
        {
            log.Write("no certificate: " + exception.Message.Split('\n')[0]);
            return exception.ExitCode != ExitCode.LoginRequired;
        }
    }

    /// <summary>Tunnels that another command has added to our ssh.</summary>
    private void Adopt() => _tunnels.AddRange(invocation.Tunnels.Read()
        .Where(e => e.Pid == Environment.ProcessId && _tunnels.TrueForAll(t => t.Id != e.Id) && File.Exists(invocation.Tunnels.PidFile(e.Id))));

    private List<TunnelEntry> Closed() => _tunnels.FindAll(t => !File.Exists(invocation.Tunnels.PidFile(t.Id)));

    private async Task ForgetAsync(TunnelEntry tunnel, CancellationToken cancellation)
    {
        log.Write($"closed the tunnel to {tunnel.DisplayName}");
        _tunnels.RemoveAll(t => t.Id == tunnel.Id);
        await invocation.Tunnels.RemoveAsync([tunnel.Id], cancellation);
    }
}
