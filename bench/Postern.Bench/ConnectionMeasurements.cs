using System.Diagnostics;

namespace Postern.Bench;

/// <summary>What new and idle connections cost; each returns the figures of one round.</summary>
internal static class ConnectionMeasurements
{
    /// <summary>
    /// Connections a second by the stock client, and server CPU milliseconds for each. The client leaves as soon as it is
    /// authenticated, so no channel is opened.
    /// </summary>
    public static Task<RateFigures> ByStockClientAsync(ServerUnderTest server, int count, int concurrency) =>
        ServerCostAsync(server, count, async () =>
        {
            var clock = Stopwatch.StartNew();
            await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = concurrency }, async (_, _) =>
                await Shell.RunAsync("ssh", ["-N", "-o", "PermitLocalCommand=yes", "-o", "LocalCommand=kill $PPID", .. server.ClientOptions], mayFail: true));
            return count / clock.Elapsed.TotalSeconds;
        });

    /// <summary>A rate that a client measured, with the server CPU milliseconds of each of its operations.</summary>
    public static async Task<RateFigures> ServerCostAsync(ServerUnderTest server, int count, Func<Task<double>> measure)
    {
        var cpu = server.CpuSeconds;
        var rate = await measure();
        await Task.Delay(300);
        return new RateFigures(rate, (server.CpuSeconds - cpu) * 1000 / count);
    }

    /// <summary>Milliseconds from start to end of a program.</summary>
    public static async Task<double> StartUpAsync(string program, params string[] arguments)
    {
        var clock = Stopwatch.StartNew();
        await Shell.RunAsync(program, arguments);
        return clock.Elapsed.TotalMilliseconds;
    }
}
