using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Postern.Bench.Suites;

/// <summary>What the engine allocates while bulk data passes: nothing for a packet, once it runs steadily.</summary>
internal static class AllocationSuite
{
    private const long WarmUpBytes = 300_000_000;
    private const long BulkBytes = 1_000_000_000;
    private const int PacketBytes = 32 * 1024;

    public static async Task RunAsync(Comparison run)
    {
        var (port, localPort) = (ServerUnderTest.FreePort(), ServerUnderTest.FreePort());
        using var engine = Shell.Start(Environment.ProcessPath!, ["engine", $"{port}", $"{run.Sshd.TunnelPort}"]);
        try
        {
            await ServerUnderTest.WaitForPortAsync(port, engine);
            foreach (var cipher in new[] { "aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com", "aes128-ctr" })
            {
                foreach (var isDownload in new[] { true, false })
                {
                    var bytes = await MeasureAsync(run.Sshd, engine, port, localPort, cipher, isDownload);
                    run.Report.OwnRow(
                        $"tunnel {cipher.Split('@')[0]} {(isDownload ? "down" : "up")}, bytes allocated for each packet of 32 KiB",
                        bytes.ToString("0.00", CultureInfo.InvariantCulture));
                }
            }
        }
        finally
        {
            engine.Kill();
            await engine.WaitForExitAsync();
        }
    }

    private static async Task<double> MeasureAsync(ServerUnderTest sshd, Process engine, int port, int localPort, string cipher, bool isDownload)
    {
        // The options that sshd's client has, but for the port: ssh takes the first of each.
        using var tunnel = Shell.Start("ssh", ["-N", "-p", $"{port}", "-c", cipher, "-L", $"127.0.0.1:{localPort}:localhost:{sshd.TunnelPort}", .. sshd.ClientOptions]);
        try
        {
            await ServerUnderTest.WaitForPortAsync(localPort, tunnel);
            using var client = new TcpClient("127.0.0.1", localPort) { NoDelay = true };
            var socket = client.Client;
            return await Task.Run(() =>
            {
                // One transfer, looked at in the middle, so that neither its beginning nor its end is counted.
                if (isDownload)
                {
                    TunnelMeasurements.BeginDownload(socket, WarmUpBytes + BulkBytes + WarmUpBytes);
                }
                else
                {
                    socket.Send("U"u8);
                }

                Action<long> move = isDownload
                    ? bytes => TunnelMeasurements.ReceiveAll(socket, bytes)
                    : bytes => TunnelMeasurements.SendAll(socket, bytes);
                move(WarmUpBytes);

                // What a question itself costs is the difference of two in a row.
                var first = ReadAllocated(engine);
                var before = ReadAllocated(engine);
                move(BulkBytes);
                var after = ReadAllocated(engine);
                return Math.Max(0, after - before - (before - first)) / (BulkBytes / (double)PacketBytes);
            });
        }
        finally
        {
            tunnel.Kill();
            await tunnel.WaitForExitAsync();
        }
    }

    private static long ReadAllocated(Process engine)
    {
        engine.StandardInput.WriteLine();
        engine.StandardInput.Flush();
        return long.Parse(engine.StandardOutput.ReadLine()!, CultureInfo.InvariantCulture);
    }
}
