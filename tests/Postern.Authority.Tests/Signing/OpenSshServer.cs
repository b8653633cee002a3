using System.Diagnostics;
using Postern.Testing;

namespace Postern.Authority.Tests;

/// <summary>The machine's <c>sshd</c> on a free port of loopback, with a configuration of its own.</summary>
internal sealed class OpenSshServer : IDisposable
{
    private const string PrivilegeSeparationDirectory = "/run/sshd"; // Compiled into sshd; only root needs it.

    private readonly Process _process;

    private OpenSshServer(Process process, int port)
    {
        _process = process;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Starts it and waits until it says that it listens.</summary>
    public static async Task<OpenSshServer> StartAsync(string directory, params string[] configuration)
    {
        if (Environment.IsPrivilegedProcess)
        {
            Directory.CreateDirectory(PrivilegeSeparationDirectory);
        }

        var port = Ports.Free();
        var path = Path.Combine(directory, "sshd_config");
        await File.WriteAllLinesAsync(path, [$"ListenAddress 127.0.0.1:{port}", "PidFile none", "UsePAM no", "StrictModes no", .. configuration]);
        var process = Process.Start(new ProcessStartInfo("/usr/sbin/sshd", ["-D", "-e", "-f", path]) { RedirectStandardError = true })!;
        var server = new OpenSshServer(process, port);
        while (await process.StandardError.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("Server listening", StringComparison.Ordinal))
            {
                // Read on, so that a full pipe never stops it.
                _ = process.StandardError.ReadToEndAsync();
                return server;
            }
        }

        server.Dispose();
        throw new InvalidOperationException($"sshd did not start with {path}");
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }
}
