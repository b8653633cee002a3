namespace Postern.Gateway.Listening;

/// <summary>The penalties that run now. Safe to use from any thread.</summary>
internal sealed class SourcePenalties(PenaltyLimits limits, TimeProvider time)
{
    private readonly Lock _gate = new();

    // Under _gate. Each family has its own room, and its entries in the order in which they end.
    private readonly Table _v4 = new();
    private readonly Table _v6 = new();
    private int _active;

    /// <summary>How many sources are kept out now.</summary>
    public int Active
    {
        get
        {
            lock (_gate)
            {
                Forget(_v4);
                Forget(_v6);
                return _active;
            }
        }
    }

    /// <summary>How many sources are remembered, with those that are not kept out yet.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _v4.Order.Count + _v6.Order.Count;
            }
        }
    }

    /// <summary>Adds a penalty. True when the source is kept out from now on and was not before.</summary>
    public bool Add(ClientSource source, Penalty penalty, out TimeSpan remaining)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            var table = TableOf(source);
            Forget(table);
            var wasActive = false;
            var end = now;
            if (table.Entries.Remove(source, out var entry))
            {
                table.Order.Remove(entry);
                wasActive = entry.IsActive;
                end = entry.End;
                _active -= wasActive ? 1 : 0;
            }
            else if (table.Order.Count >= limits.MaximumSources && table.Order.Min is { } first)
            {
                Remove(table, first);
            }

            end += PenaltyLimits.Duration(penalty);
            if (end > now + limits.Maximum)
            {
                end = now + limits.Maximum;
            }

            remaining = end - now;
            entry = new Entry(end, source, wasActive || remaining >= limits.Minimum);
            table.Entries.Add(source, entry);
            table.Order.Add(entry);
            _active += entry.IsActive ? 1 : 0;
            return entry.IsActive && !wasActive;
        }
    }

    /// <summary>Whether the source is kept out, and for how long still.</summary>
    public bool IsKeptOut(ClientSource source, out TimeSpan remaining)
    {
        remaining = TimeSpan.Zero;
        lock (_gate)
        {
            if (!TableOf(source).Entries.TryGetValue(source, out var entry) || !entry.IsActive)
            {
                return false;
            }

            // More than the longest penalty is left only when the clock was set back.
            remaining = entry.End - time.GetUtcNow();
            return remaining > TimeSpan.Zero && remaining <= limits.Maximum;
        }
    }

    private Table TableOf(ClientSource source) => source.IsIPv6 ? _v6 : _v4;

    private void Forget(Table table)
    {
        var now = time.GetUtcNow();
        while (table.Order.Min is { } first && first.End <= now)
        {
            Remove(table, first);
        }
    }

    private void Remove(Table table, Entry entry)
    {
        table.Order.Remove(entry);
        table.Entries.Remove(entry.Source);
        _active -= entry.IsActive ? 1 : 0;
    }

    private sealed record Entry(DateTimeOffset End, ClientSource Source, bool IsActive);

    private sealed class Table
    {
        public Dictionary<ClientSource, Entry> Entries { get; } = [];

        public SortedSet<Entry> Order { get; } = new(Comparer<Entry>.Create(static (a, b) =>
            a.End != b.End ? a.End.CompareTo(b.End) : a.Source.Network.CompareTo(b.Source.Network)));
    }
}
