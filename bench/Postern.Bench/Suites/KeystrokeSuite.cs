using Postern.Bench.Clients;

namespace Postern.Bench.Suites;

/// <summary>What a person at a terminal waits for, alone and beside another connection that pulls at full speed.</summary>
internal static class KeystrokeSuite
{
    private const int Keys = 4000;

    public static async Task RunAsync(Comparison run)
    {
        var (theirs, ours) = await run.AlternateAsync(Measure);
        run.Report.Row("keystroke echo, p50 µs", theirs.Select(f => f.Median), ours.Select(f => f.Median));
        run.Report.Row("keystroke echo, p99 µs", theirs.Select(f => f.Percentile99), ours.Select(f => f.Percentile99));
        run.Report.Row("keystroke echo, server CPU µs each", theirs.Select(f => f.Cpu), ours.Select(f => f.Cpu));

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
    }

    private static Task<KeystrokeFigures> Measure(ServerUnderTest server) =>
        KeystrokeEcho.MeasureAsync(server.Engine, Keys, TimeSpan.Zero, () => server.OwnCpuSeconds);
}
