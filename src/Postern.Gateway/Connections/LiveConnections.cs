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

    // Connections that came in with a grant that may have missed its change, until the next recheck.
    private readonly ConcurrentDictionary<GatewayConnection, bool> _late = new();
    private volatile bool _isWholeWanted;
    private int _generation;

    /// <summary>A snapshot of them.</summary>
    public IReadOnlyCollection<GatewayConnection> All => [.. _connections.Keys];

    /// <summary>How many there are.</summary>
    public int Count => _connections.Count;

    /// <summary>Rises when a recheck begins. A grant decided in an earlier generation may have missed its change.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>Whether a recheck of everybody is wanted.</summary>
    internal bool IsWholeWanted => _isWholeWanted;

    /// <summary>Asks for a recheck of everybody soon: what changed is not in the Directory, or can concern anybody.</summary>
    public void WantRecheck()
    {
        _isWholeWanted = true;
        WantRecheckOfChanges();
    }

    /// <summary>Asks for a recheck of those whom changes of the Directory concern.</summary>
    public void WantRecheckOfChanges()
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

    /// <summary>
    /// Begins a recheck: who is added from now on with an older decision is asked about once more. Gives all connections that
    /// there are, and those among them that were added like that and must be asked about, whatever changed.
    /// </summary>
    internal (IReadOnlyCollection<GatewayConnection> All, IReadOnlySet<GatewayConnection> Late) BeginRecheck(bool isWhole)
    {
        if (isWhole)
        {
            _isWholeWanted = false;
        }

        Interlocked.Increment(ref _generation);
        var late = new HashSet<GatewayConnection>();
        foreach (var (connection, _) in _late)
        {
            if (_late.TryRemove(connection, out var _))
            {
                late.Add(connection);
            }
        }

        return (All, late);
    }

    internal void Add(GatewayConnection connection, int decidedInGeneration)
    {
        _connections.TryAdd(connection, true);
        if (Generation != decidedInGeneration)
        {
            _late.TryAdd(connection, true);
            WantRecheckOfChanges();
        }
    }

    internal void Remove(GatewayConnection connection)
    {
        _connections.TryRemove(connection, out _);
        _late.TryRemove(connection, out _);
    }
}
