using Postern.Gateway.Listening;

namespace Postern.Gateway.Connections;

/// <summary>
/// Counts the connections of each person to this process, so that one account, or whoever stole it, cannot take all the
/// places. Safe to use from any thread.
/// </summary>
public sealed class UserConnections(GatewayConfig config, GatewayMetrics metrics)
{
    private readonly KeyedCounts<Guid> _counts = new(config.MaximumConnectionsPerUser);

    /// <summary>The most of one person.</summary>
    public int Maximum => config.MaximumConnectionsPerUser;

    /// <summary>How many people have connections.</summary>
    public int People => _counts.Keys;

    /// <summary>Takes a place for one more connection of a person, or returns null when there is none.</summary>
    internal UserPlace? TryEnter(Guid person)
    {
        if (!_counts.TryAdd(person))
        {
            return null;
        }

        metrics.Authenticated(+1);
        return new UserPlace(this, person);
    }

    internal void Leave(Guid person)
    {
        _counts.Remove(person);
        metrics.Authenticated(-1);
    }
}
