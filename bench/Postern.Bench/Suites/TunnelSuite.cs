using Postern.Bench.Limit;

namespace Postern.Bench.Suites;

/// <summary>Bulk data by the stock client, through tunnels and through commands, and a single byte through a tunnel.</summary>
internal static class TunnelSuite
{
    private const long BulkBytes = 500_000_000;
    private const int RoundTrips = 10_000;

    private static readonly string[] Ciphers = ["aes128-gcm@openssh.com", "chacha20-poly1305@openssh.com"];

    public static async Task RunTunnelsAsync(Comparison run)
    {
        foreach (var cipher in Ciphers)
        {
            using var limit = await LimitServer.StartAsync(cipher, run.Postern.TunnelPort);
            foreach (var isDownload in new[] { true, false })
            {
                var figures = await Comparison.AlternateAsync<ITunnelServer, BulkFigures>(
                    [run.Sshd, run.Postern, limit], server => TunnelMeasurements.BulkAsync(server, cipher, isDownload, BulkBytes));
                Rows(run.Report, $"tunnel {cipher.Split('@')[0]} {(isDownload ? "down" : "up")}", figures);
            }
        }
    }

    public static async Task RunCommandsAsync(Comparison run)
    {
        foreach (var cipher in Ciphers)
        {
            foreach (var isDownload in new[] { true, false })
            {
                var (theirs, ours) = await run.AlternateAsync(server => ExecMeasurements.BulkAsync(server, cipher, isDownload, BulkBytes));
                Rows(run.Report, $"exec {cipher.Split('@')[0]} {(isDownload ? "down" : "up")}", [theirs, ours]);
            }
        }
    }

    public static async Task RunRoundTripsAsync(Comparison run)
    {
        using var limit = await LimitServer.StartAsync(Ciphers[0], run.Postern.TunnelPort);
        var figures = await Comparison.AlternateAsync<ITunnelServer, (double Median, double Cpu)>(
            [run.Sshd, run.Postern, limit], server => TunnelMeasurements.RoundTripAsync(server, Ciphers[0], RoundTrips));
        run.Report.Row("1-byte round trip through a tunnel, p50 µs", figures[0].Select(f => f.Median), figures[1].Select(f => f.Median), figures[2].Select(f => f.Median));
        run.Report.Row("1-byte round trip through a tunnel, server CPU µs each", figures[0].Select(f => f.Cpu), figures[1].Select(f => f.Cpu), figures[2].Select(f => f.Cpu));
    }

    private static void Rows(Report report, string what, List<BulkFigures>[] figures)
    {
        Row("MB/s", f => f.MegabytesPerSecond);
        Row("server CPU s/GB", f => f.CpuPerGigabyte);
        Row("the client's part of a processor", f => f.ClientBusy);
        Row("the machine's part of its processors", f => f.MachineBusy);

        void Row(string unit, Func<BulkFigures, double> take) => report.Row(
            $"{what}, {unit}",
            figures[0].Select(take),
            figures[1].Select(take),
            figures.ElementAtOrDefault(2)?.Select(take));
    }
}
