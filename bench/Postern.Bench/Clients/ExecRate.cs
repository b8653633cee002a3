using System.Diagnostics;

namespace Postern.Bench.Clients;

/// <summary>New connections that run one command each and leave.</summary>
internal static class ExecRate
{
    /// <summary>Connections a second, one after another.</summary>
    public static async Task<double> MeasureAsync(ClientTarget target, string command, int count)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
        {
            await using var connection = await target.ConnectAsync();
            await using var session = await connection.OpenSessionAsync(wantsErrors: false, CancellationToken.None);
            if (!await session.ExecuteAsync(command, CancellationToken.None))
            {
                throw new InvalidOperationException("the server runs no command");
            }

            await session.Stream.CopyToAsync(Stream.Null);
            await session.Exit;
        }

        return count / clock.Elapsed.TotalSeconds;
    }
}
