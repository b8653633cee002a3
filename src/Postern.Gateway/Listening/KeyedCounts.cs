namespace Postern.Gateway.Listening;

/// <summary>
/// Counts by key up to a limit, one step for each, whatever the number of keys; a key whose count is 0 takes no memory.
/// Safe to use from any thread.
/// </summary>
/// <param name="maximum">The most of one key.</param>
internal sealed class KeyedCounts<TKey>(int maximum)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, int> _counts = [];

    /// <summary>How many keys are counted.</summary>
    public int Keys
    {
        get
        {
            lock (_gate)
            {
                return _counts.Count;
            }
        }
    }

    /// <summary>Counts one more, unless there are as many as there may be.</summary>
    public bool TryAdd(TKey key)
    {
        lock (_gate)
        {
            var count = _counts.GetValueOrDefault(key);
            if (count >= maximum)
            {
                return false;
            }

            _counts[key] = count + 1;
            return true;
        }
    }

    /// <summary>Counts one less. Throws <see cref="InvalidOperationException"/> when none was counted.</summary>
    public void Remove(TKey key)
    {
        lock (_gate)
        {
            if (!_counts.TryGetValue(key, out var count))
            {
                throw new InvalidOperationException("more was taken off a count than was added");
            }

            if (count == 1)
            {
                _counts.Remove(key);
            }
            else
            {
                _counts[key] = count - 1;
            }
        }
    }
}
