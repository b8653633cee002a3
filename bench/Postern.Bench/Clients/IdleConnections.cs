using Postern.Ssh.Client;
using Postern.Ssh.Connection;

namespace Postern.Bench.Clients;

/// <summary>Many signed-in connections that do nothing, held in this process.</summary>
internal sealed class IdleConnections : IAsyncDisposable
{
    private readonly SshClientConnection[] _connections;

    private IdleConnections(SshClientConnection[] connections) => _connections = connections;

    /// <summary>How many have not ended.</summary>
    public int Alive => _connections.Count(connection => !connection.Ended.IsCompleted);

    /// <summary>Opens them all, so many at once; throws when one does not open.</summary>
    public static async Task<IdleConnections> OpenAsync(ClientTarget target, int count, int concurrency)
    {
        var connections = new SshClientConnection[count];
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = concurrency }, async (i, _) =>
            connections[i] = await target.ConnectAsync());
        return new IdleConnections(connections);
    }

    /// <summary>
    /// Asks every connection for a sign of life (keepalive@openssh.com) and says how many answered within the time.
    /// </summary>
    public Task<int> CountAnswersAsync(TimeSpan patience, int concurrency) =>
        CountAsync(patience, concurrency, async (connection, cancellationToken) =>
        {
            // The answer is a failure by design of the request; of a connection that ended there is none.
            await connection.RequestAsync(new GlobalRequest.KeepAlive(), cancellationToken);
            return !connection.Ended.IsCompleted;
        });

    /// <summary>Opens a session on every connection and closes it, and says on how many that went well within the time.</summary>
    public Task<int> CountChannelsAsync(TimeSpan patience, int concurrency) =>
        CountAsync(patience, concurrency, async (connection, cancellationToken) =>
        {
            await using var session = await connection.OpenSessionAsync(wantsErrors: false, cancellationToken);
            return true;
        });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Parallel.ForEachAsync(
        _connections, new ParallelOptions { MaxDegreeOfParallelism = 64 }, (connection, _) => connection.DisposeAsync());

    private async Task<int> CountAsync(
        TimeSpan patience, int concurrency, Func<SshClientConnection, CancellationToken, Task<bool>> isWell)
    {
        var count = 0;
        using var cancellation = new CancellationTokenSource(patience);
        await Parallel.ForEachAsync(
            _connections,
            new ParallelOptions { MaxDegreeOfParallelism = concurrency },
            async (connection, _) =>
            {
                try
                {
                    if (await isWell(connection, cancellation.Token))
                    {
                        Interlocked.Increment(ref count);
                    }
                }
                catch (Exception exception) when (exception is OperationCanceledException or ChannelRefusedException or IOException)
                {
                    // Not in time, refused, or gone.
                    await Console.Error.WriteLineAsync(exception.ToString());
                }
            });
        return count;
    }
}
