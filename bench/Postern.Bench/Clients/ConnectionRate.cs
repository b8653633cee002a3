using System.Diagnostics;

namespace Postern.Bench.Clients;

/// <summary>New connections: key exchange, signing in, goodbye; no channel.</summary>
internal static class ConnectionRate
{
    /// <summary>
    /// Connections a second by <see cref="BareClient"/>, so many of them at once, and the CPU milliseconds that the client
    /// took for each, which it takes from the same processors.
    /// </summary>
    public static async Task<(double PerSecond, double ClientMilliseconds)> MeasureAsync(ClientTarget target, int count, int concurrency)
    {
        var left = count;
        var cpu = Environment.CpuUsage.TotalTime;
        var clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, concurrency).Select(_ => Task.Factory.StartNew(
            () =>
            {
                using var client = new BareClient(target);
                while (Interlocked.Decrement(ref left) >= 0)
                {
                    client.SignInAndLeave();
                }
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
        var seconds = clock.Elapsed.TotalSeconds;
        return (count / seconds, (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / count);
    }
}
