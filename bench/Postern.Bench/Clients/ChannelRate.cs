using System.Diagnostics;

namespace Postern.Bench.Clients;

/// <summary>Tunnels that are opened and closed one after another on one connection.</summary>
internal static class ChannelRate
{
    /// <summary>Channels opened and closed a second.</summary>
    /// <param name="target">The server.</param>
    /// <param name="host">Where the tunnels lead to, by its name on the server's side.</param>
    /// <param name="port">The port there, which something listens on.</param>
    /// <param name="count">How many.</param>
    public static async Task<double> MeasureAsync(ClientTarget target, string host, int port, int count)
    {
        await using var connection = await target.ConnectAsync();
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
        {
            await using var tunnel = await connection.OpenTunnelAsync(host, port, CancellationToken.None);
        }

        return count / clock.Elapsed.TotalSeconds;
    }
}
