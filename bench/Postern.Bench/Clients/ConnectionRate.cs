using System.Diagnostics;

namespace Postern.Bench.Clients;

/// <summary>New connections: key exchange, signing in, goodbye; no channel.</summary>
internal static class ConnectionRate
{
    /// <summary>Connections a second, so many of them at once.</summary>
    public static async Task<double> MeasureAsync(ClientTarget target, int count, int concurrency)
    {
        var clock = Stopwatch.StartNew();
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = concurrency }, async (_, _) =>
        {
            await using var connection = await target.ConnectAsync();
        });
        return count / clock.Elapsed.TotalSeconds;
    }
}
