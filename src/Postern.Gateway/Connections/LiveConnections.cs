using System.Collections.Concurrent;

namespace Postern.Gateway.Connections;

/// <summary>
/// The authenticated connections of this process, and the wish to ask again for their rights. Safe to use from any
/// thread.
/// </summary>
public sealed class LiveConnections : IDisposable
{
    private readonly ConcurrentDictionary<GatewayConnection, bool> _connections = new();

    // One wish stands for all that came since the last recheck began.
    private readonly SemaphoreSlim _wanted = new(0, 1);
    private int _generation;

    /// <summary>A snapshot of them.</summary>
    public IReadOnlyCollection<GatewayConnection> All => [.. _connections.Keys];

    /// <summary>How many there are.</summary>
    public int Count => _connections.Count;

    /// <summary>Rises when a recheck begins. A grant decided in an earlier generation may have missed its change.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>Asks for a recheck soon.</summary>
    public void WantRecheck()
    {
        try
        {
            _wanted.Release();
        }
        catch (SemaphoreFullException)
        {
            // One is wanted already.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _wanted.Dispose();

    /// <summary>Waits until a recheck is wanted, or the time is over.</summary>
    internal Task WaitForWishAsync(CancellationToken cancellationToken) => _wanted.WaitAsync(cancellationToken);

    /// <summary>Begins a recheck: who is added from now on with an older decision is asked about once more.</summary>
    internal IReadOnlyCollection<GatewayConnection> BeginRecheck()
    {
        Interlocked.Increment(ref _generation);
        return All;
    }

    internal void Add(GatewayConnection connection, int decidedInGeneration)
    {
        _connections.TryAdd(connection, true);
        if (Generation != decidedInGeneration)
        {
            WantRecheck();
        }
    }

    internal void Remove(GatewayConnection connection) => _connections.TryRemove(connection, out _);
}
