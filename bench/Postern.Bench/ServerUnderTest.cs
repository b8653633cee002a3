using System.Diagnostics;
using System.Net.Sockets;
using Postern.Bench.Clients;
using Postern.Ssh.Transport;

namespace Postern.Bench;

/// <summary>A server that the stock ssh client and the engine's own can reach.</summary>
/// <param name="Name">What the tables call it.</param>
/// <param name="Process">The server's main process.</param>
/// <param name="ClientOptions">Arguments for ssh, the destination last.</param>
/// <param name="CountsDescendants">Whether its work is done in child processes.</param>
/// <param name="TunnelPort">A port on the server's localhost that tunnels may lead to.</param>
/// <param name="Engine">The same server for the engine's own client, which costs little enough to measure rates with.</param>
internal sealed record ServerUnderTest(
    string Name, Process Process, IReadOnlyList<string> ClientOptions, bool CountsDescendants, int TunnelPort, ClientTarget Engine)
    : ITunnelServer
{
    /// <summary>What the engine's client offers, so that both servers do the same work.</summary>
    public static AlgorithmCatalogue Algorithms { get; } = new(
        ["curve25519-sha256"], ["aes128-gcm@openssh.com"], ["hmac-sha2-256-etm@openssh.com"], ["ssh-ed25519"], ["ssh-ed25519"]);

    public double CpuSeconds => CpuMeter.Seconds(Process.Id, CountsDescendants);

    /// <summary>CPU seconds of its living processes without the commands that they run.</summary>
    public double OwnCpuSeconds => CountsDescendants ? CpuMeter.Seconds(Process.Id, "sshd") : CpuSeconds;

    public Process StartTunnel(int localPort, string cipher) => Shell.Start(
        "ssh", ["-N", "-c", cipher, "-o", "ExitOnForwardFailure=yes", "-L", $"127.0.0.1:{localPort}:localhost:{TunnelPort}", .. ClientOptions]);

    /// <summary>Waits until something listens on a port of this machine.</summary>
    public static async Task WaitForPortAsync(int port, Process process)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < TimeSpan.FromSeconds(60) && !process.HasExited)
        {
            try
            {
                using var client = new TcpClient("127.0.0.1", port);
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(50);
            }
        }

        throw new InvalidOperationException($"nothing listens on {port}");
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        return ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
    }
}
