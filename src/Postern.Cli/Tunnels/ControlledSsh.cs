using System.Diagnostics;
using Postern.Cli.Hosting;

namespace Postern.Cli.Tunnels;

/// <summary>One ssh without a session that carries the tunnels of an app; a control socket adds and removes forwards.</summary>
internal sealed class ControlledSsh : IDisposable
{
    /// <summary>Three unanswered probes, 45 s, and the connection counts as dead: sleep and lost networks are noticed.</summary>
    private const string AliveInterval = "ServerAliveInterval=15";
    private const string AliveCount = "ServerAliveCountMax=3";

    private static readonly TimeSpan ControlLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan ReadyPoll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ReadyLimit = TimeSpan.FromSeconds(30);

    private readonly CliHost _host;
    private readonly ProcessRunner _processes;
    private readonly Process _process;
    private readonly string _ssh;
    private readonly string _controlPath;
    private readonly string _destination;
    private readonly Task _errors;

    private ControlledSsh(CliHost host, ProcessRunner processes, Process process, string ssh, string controlPath, string destination, Task errors)
    {
        _host = host;
        _processes = processes;
        _process = process;
        _ssh = ssh;
        _controlPath = controlPath;
        _destination = destination;
        _errors = errors;
    }

    public Task Exited => _process.WaitForExitAsync();

    public bool HasExited => _process.HasExited;

    /// <summary>Starts ssh; what it says goes to the log line by line.</summary>
    public static ControlledSsh Start(
        CliHost host, ProcessRunner processes, string ssh, string controlPath, string destination, IReadOnlyList<string> options, IEnumerable<TunnelEntry> tunnels, Action<string> log)
    {
        // A socket left by a crash would make ssh go on without one.
        File.Delete(controlPath);
        var arguments = new List<string> { destination, "-n", "-N", "-M", "-S", controlPath };
        foreach (var option in new[] { AliveInterval, AliveCount, "ExitOnForwardFailure=yes", "ControlPersist=no", "BatchMode=yes" }.Concat(options))
        {
            arguments.AddRange(["-o", option]);
        }

        foreach (var tunnel in tunnels)
        {
            arguments.AddRange(["-L", tunnel.Forward]);
        }

        var info = processes.StartInfo(ssh, arguments, ("CLI_SSH_NO_REFRESH", "1"));
        info.RedirectStandardInput = true;
        info.RedirectStandardOutput = true;
        info.RedirectStandardError = true;
        var process = new Process { StartInfo = info };
        ProcessRunner.Start(process, ssh);
        process.StandardInput.Close();
        return new ControlledSsh(host, processes, process, ssh, controlPath, destination, ReadErrorsAsync(process, log));
    }

    /// <summary>Waits until the forwards are open.</summary>
    /// <returns>False when ssh ended or did not get there in time.</returns>
    public async Task<bool> WaitUntilReadyAsync(CancellationToken cancellation)
    {
        var started = _host.Time.GetTimestamp();
        while (!_process.HasExited && _host.Time.GetElapsedTime(started) < ReadyLimit)
        {
            if (File.Exists(_controlPath) && (await ControlAsync(_processes, _ssh, _controlPath, _destination, "check", null, cancellation)).ExitCode == 0)
            {
                return true;
            }

            await Task.Delay(ReadyPoll, _host.Time, cancellation);
        }

        return false;
    }

    /// <summary>Sends a command to the ssh that listens on a control socket.</summary>
    public static Task<ProcessOutput> ControlAsync(
        ProcessRunner processes, string ssh, string controlPath, string destination, string command, TunnelEntry? tunnel, CancellationToken cancellation) =>
        processes.CaptureAsync(
            ssh,
            ["-S", controlPath, "-O", command, .. tunnel is null ? Array.Empty<string>() : ["-L", tunnel.Forward], destination],
            ControlLimit,
            cancellation,
            ("CLI_SSH_NO_REFRESH", "1"));

    public async Task StopAsync()
    {
        ProcessRunner.Kill(_process);
        await _process.WaitForExitAsync();
        await _errors;
    }

    public void Dispose() => _process.Dispose();

    private static async Task ReadErrorsAsync(Process process, Action<string> log)
    {
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            log(line);
        }
    }
}
