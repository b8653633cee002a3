namespace Postern.Login.Accounts;

/// <summary>
/// Counts attempts by name in the memory of this process: several servers allow a multiple, and the lockout, which the database
/// counts, stays exact.
/// </summary>
/// <param name="window">How long attempts are remembered, from the first one on.</param>
/// <param name="penalty">How long a name is refused once it had too many.</param>
/// <param name="clock">The time.</param>
internal sealed class AttemptLimiter(TimeSpan window, TimeSpan penalty, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Tally> _counts = new(StringComparer.Ordinal);
    private DateTimeOffset _nextSweep = DateTimeOffset.MinValue;

    /// <summary>Counts one attempt. Null when it may go on, else how long to wait.</summary>
    public TimeSpan? Count(string name, int limit)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            Forget(now);
            if (!_counts.TryGetValue(name, out var count) || now >= count.End)
            {
                count = new Tally(now + window);
                _counts[name] = count;
            }

            count.Attempts++;
            if (count.Attempts == limit + 1)
            {
                count.End = now + penalty;
            }

            return count.Attempts <= limit ? null : count.End - now;
        }
    }

    /// <summary>Forgets the attempts of one name.</summary>
    public void Reset(string name)
    {
        lock (_gate)
        {
            _counts.Remove(name);
        }
    }

    private void Forget(DateTimeOffset now)
    {
        if (now >= _nextSweep || _counts.Count >= LoginLimits.CountedAttempts)
        {
            foreach (var ended in _counts.Where(pair => now >= pair.Value.End).Select(pair => pair.Key).ToList())
            {
                _counts.Remove(ended);
            }

            _nextSweep = now + window;
        }

        // Full of live counts: somebody attacks from very many addresses. The oldest quarter makes room.
        if (_counts.Count >= LoginLimits.CountedAttempts)
        {
            foreach (var (name, _) in _counts.OrderBy(pair => pair.Value.End).Take(LoginLimits.CountedAttempts / 4).ToList())
            {
                _counts.Remove(name);
            }
        }
    }

    private sealed class Tally(DateTimeOffset end)
    {
        public DateTimeOffset End { get; set; } = end;

        public int Attempts { get; set; }
    }
}
