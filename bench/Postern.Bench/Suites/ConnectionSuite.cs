using System.Globalization;
using Postern.Bench.Clients;

namespace Postern.Bench.Suites;

/// <summary>New connections, channels, and connections that do nothing.</summary>
internal static class ConnectionSuite
{
    private const int WarmUpConnections = 3000;
    private const int WarmUpCommands = 500;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

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

    /// <summary>Many connections that stay for a while; then every one must answer, and open a channel.</summary>
    public static async Task RunIdleAsync(Comparison run, TimeSpan stay)
    {
        const int Idle = 15_000;
        const int IdleAtSshd = 200;
        var server = run.Postern.Process.Id;
        var theirs = await GrowthAsync(run.Sshd, IdleAtSshd);
        var before = CpuMeter.ResidentKib(server);
        await using var idle = await IdleConnections.OpenAsync(run.Postern.Engine, Idle, 16);
        await Task.Delay(stay);
        var (resident, proportional) = (CpuMeter.ResidentKib(server), CpuMeter.ProportionalKib(server));
        var alive = idle.Alive;
        var answers = await idle.CountAnswersAsync(Patience, 64);
        var channels = await idle.CountChannelsAsync(Patience, 64);
        var held = string.Create(CultureInfo.InvariantCulture, $"{Idle} idle connections after {stay.TotalSeconds:0} s");
        run.Report.OwnRow($"{held}: alive, answering a keep-alive, opening a session", $"{alive}, {answers}, {channels}");
        run.Report.OwnRow($"{held}: resident memory of the server, MiB (shared pages counted in parts: {proportional / 1024})", $"{resident / 1024}");
        run.Report.OwnRow(
            $"{Idle} idle connections: resident memory of the server once each has answered and opened a session, MiB",
            $"{CpuMeter.ResidentKib(server) / 1024}");
        run.Report.Row(
            $"growth of memory for each, KiB (sshd: {IdleAtSshd} connections, shared pages counted in parts; Postern: resident)",
            [theirs],
            [(resident - before) / (double)Idle]);
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
