using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Postern.Bench.Clients;

namespace Postern.Bench.Suites;

/// <summary>What a person at a terminal waits for, alone and beside another connection that pulls at full speed.</summary>
internal static class KeystrokeSuite
{
    private const int Keys = 4000;

    public static async Task RunAsync(Comparison run)
    {
        var (theirs, ours) = await run.AlternateAsync(Measure);
        var limit = await Comparison.AlternateAsync<bool, KeystrokeFigures>([true], _ => MeasureLimitAsync());
        Row("keystroke echo, p50 µs", f => f.Median);
        Row("keystroke echo, p99 µs", f => f.Percentile99);
        Row("keystroke echo, server CPU µs each", f => f.Cpu);

        var (theirsBusy, oursBusy) = await run.AlternateAsync(server => TunnelMeasurements.WhilePullingAsync(
            server, "aes128-gcm@openssh.com", () => Measure(server)));
        run.Report.Row(
            "keystroke echo while another connection pulls, p99 µs",
            theirsBusy.Select(f => f.Percentile99),
            oursBusy.Select(f => f.Percentile99));
        run.Report.Row(
            "keystroke echo while another connection pulls, p99 in times of its quiet p99",
            theirsBusy.Zip(theirs, (busy, quiet) => busy.Percentile99 / quiet.Percentile99),
            oursBusy.Zip(ours, (busy, quiet) => busy.Percentile99 / quiet.Percentile99));

        void Row(string name, Func<KeystrokeFigures, double> take) =>
            run.Report.Row(name, theirs.Select(take), ours.Select(take), limit[0].Select(take));
    }

    private static Task<KeystrokeFigures> Measure(ServerUnderTest server) =>
        KeystrokeEcho.MeasureAsync(server.Engine, Keys, TimeSpan.Zero, () => server.OwnCpuSeconds);

    private static async Task<KeystrokeFigures> MeasureLimitAsync()
    {
        var port = ServerUnderTest.FreePort();
        using var terminal = Shell.Start(Environment.ProcessPath!, ["terminal", port.ToString(CultureInfo.InvariantCulture)]);
        try
        {
            using var client = await ConnectAsync(port);
            return await KeystrokeEcho.MeasureAsync(
                client.GetStream(), Keys, TimeSpan.Zero, () => CpuMeter.Seconds(terminal.Id, withDescendants: false));
        }
        finally
        {
            terminal.Kill(entireProcessTree: true);
            await terminal.WaitForExitAsync();
        }
    }

    // It serves the first connection only, so this may not try whether it is there with another.
    private static async Task<TcpClient> ConnectAsync(int port)
    {
        for (var clock = Stopwatch.StartNew(); ;)
        {
            try
            {
                return new TcpClient("127.0.0.1", port) { NoDelay = true };
            }
            catch (SocketException) when (clock.Elapsed < TimeSpan.FromSeconds(60))
            {
                await Task.Delay(50);
            }
        }
    }
}
