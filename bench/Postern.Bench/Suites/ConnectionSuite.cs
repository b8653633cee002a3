using Postern.Bench.Clients;

namespace Postern.Bench.Suites;

/// <summary>New connections, channels, and connections that do nothing.</summary>
internal static class ConnectionSuite
{
    private const int WarmUpConnections = 3000;
    private const int WarmUpCommands = 500;

    // Of a round: about two seconds each.
    private const int ConnectionsToSshd = 100;
    private const int ConnectionsToPostern = 1500;

    public static async Task RunStockClientAsync(Comparison run)
    {
        foreach (var concurrency in new[] { 1, 8 })
        {
            var (theirs, ours) = await run.AlternateAsync(s => ConnectionMeasurements.ByStockClientAsync(s, 40, concurrency));
            Rows(run.Report, $"connections, no channel, {concurrency} at once", "per second (whole client included)", theirs, ours);
        }
    }

    public static async Task RunRatesAsync(Comparison run)
    {
        // Until the just-in-time compiler has nothing left to do.
        await ConnectionRate.MeasureAsync(run.Postern.Engine, WarmUpConnections, 8);
        foreach (var concurrency in new[] { 1, 8 })
        {
            var (theirs, ours) = await run.AlternateAsync(async s =>
            {
                var count = s == run.Sshd ? ConnectionsToSshd : ConnectionsToPostern;
                var client = 0.0;
                var figures = await ConnectionMeasurements.ServerCostAsync(s, count, async () =>
                {
                    (var rate, client) = await ConnectionRate.MeasureAsync(s.Engine, count, concurrency);
                    return rate;
                });
                return figures with { ClientMilliseconds = client };
            });
            var what = $"connections by a bare client, no channel, {concurrency} at once";
            Rows(run.Report, what, "per second", theirs, ours);
            run.Report.Row($"{what}, the client's own CPU ms each", theirs.Select(f => f.ClientMilliseconds), ours.Select(f => f.ClientMilliseconds));
        }

        await RunCommandsAsync(run);
        var (theirChannels, ourChannels) = await run.AlternateAsync(s => ConnectionMeasurements.ServerCostAsync(
            s, 1000, () => ChannelRate.MeasureAsync(s.Engine, "localhost", s.TunnelPort, 1000)));
        Rows(run.Report, "tunnels opened and closed on one connection", "per second", theirChannels, ourChannels);
    }

    public static async Task RunIdleAsync(Comparison run)
    {
        const int Idle = 15_000;
        const int IdleAtSshd = 200;
        var theirs = await GrowthAsync(run.Sshd, IdleAtSshd);
        var before = CpuMeter.ResidentKib(run.Postern.Process.Id);
        await using var idle = await IdleConnections.OpenAsync(run.Postern.Engine, Idle, 16);
        var answers = await idle.CountAnswersAsync(TimeSpan.FromSeconds(60), 64);
        var after = CpuMeter.ResidentKib(run.Postern.Process.Id);
        run.Report.OwnRow($"{Idle} idle connections: alive and answering", $"{Math.Min(idle.Alive, answers)}");
        run.Report.Row(
            $"growth of memory for each, KiB (sshd: {IdleAtSshd} connections, shared pages counted in parts; Postern: resident, whole server {after / 1024} MiB)",
            [theirs],
            [(after - before) / (double)Idle]);
    }

    // The shell that sshd runs the command with is no work of its own; what Postern runs it in is not among its processes' time.
    private static async Task RunCommandsAsync(Comparison run)
    {
        const int Count = 100;
        await ExecRate.MeasureAsync(run.Postern.Engine, "true", WarmUpCommands);
        var shell = await ExecMeasurements.LoginShellAsync();
        var (theirs, ours) = await run.AlternateAsync(s => ConnectionMeasurements.ServerCostAsync(
            s, Count, () => ExecRate.MeasureAsync(s.Engine, "true", Count)));
        Rows(
            run.Report,
            "connections by the engine's client with exec true, one after another",
            "per second",
            [.. theirs.Select(f => f with { CpuMilliseconds = f.CpuMilliseconds - shell })],
            ours);
    }

    private static async Task<double> GrowthAsync(ServerUnderTest server, int count)
    {
        var before = CpuMeter.ProportionalKib(server.Process.Id);
        await using var idle = await IdleConnections.OpenAsync(server.Engine, count, 4);
        return (CpuMeter.ProportionalKib(server.Process.Id) - before) / (double)count;
    }

    private static void Rows(Report report, string what, string rate, List<RateFigures> theirs, List<RateFigures> ours)
    {
        report.Row($"{what}, {rate}", theirs.Select(f => f.PerSecond), ours.Select(f => f.PerSecond));
        report.Row($"{what}, server CPU ms each", theirs.Select(f => f.CpuMilliseconds), ours.Select(f => f.CpuMilliseconds));
    }
}
