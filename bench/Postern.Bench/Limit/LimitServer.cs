using System.Diagnostics;
using System.Globalization;

namespace Postern.Bench.Limit;

/// <summary>A <see cref="BareRelay"/> in a process of its own, whose tunnels begin at another.</summary>
internal sealed class LimitServer : ITunnelServer, IDisposable
{
    private readonly string _cipher;
    private readonly int _port = ServerUnderTest.FreePort();
    private readonly Process _process;

    private LimitServer(string cipher, int tunnelPort)
    {
        _cipher = cipher;
        _process = Start(_port, tunnelPort, isListenerSealed: true, cipher);
    }

    public double CpuSeconds => CpuMeter.Seconds(_process.Id, withDescendants: false);

    public static async Task<LimitServer> StartAsync(string cipher, int tunnelPort)
    {
        var server = new LimitServer(cipher, tunnelPort);
        await ServerUnderTest.WaitForPortAsync(server._port, server._process);
        return server;
    }

    public Process StartTunnel(int localPort, string cipher) =>
        cipher == _cipher ? Start(localPort, _port, isListenerSealed: false, cipher) : throw new ArgumentException("another cipher", nameof(cipher));

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static Process Start(int listenPort, int connectPort, bool isListenerSealed, string cipher) => Shell.Start(
        Environment.ProcessPath!,
        [
            "relay", listenPort.ToString(CultureInfo.InvariantCulture), connectPort.ToString(CultureInfo.InvariantCulture),
            isListenerSealed ? "sealed" : "plain", cipher,
        ]);
}
