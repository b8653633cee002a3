namespace Postern.Ssh.Transport;

/// <summary>
/// The memory that all connections of a host together may take for what waits: data that handlers did not take yet, requests
/// and answers in queues, and packets of which the rest has not come. Each connection's own limits bound what one can hold;
/// this bounds the sum, for those limits times all connections are more than any host has. Safe to use from any thread.
/// </summary>
/// <remarks>
/// From half of the limit on, new channels get the small window and windows do not grow. At the limit new channels are
/// refused, and the connection that holds most is ended, and so on until a part of the budget is free again. What
/// waits in a keystroke's way is a few KiB, so an honest connection is the largest only when all others are small.
/// </remarks>
public sealed class MemoryBudget
{
    // Ending goes on until this much of the limit is used, so that not each byte ends another.
    private const double Relief = 0.875;

    private readonly Lock _gate = new();

    // Under _gate.
    private readonly HashSet<MemoryAccount> _accounts = [];

    private long _used;
    private long _ended;
    private int _isRelieving;

    /// <summary>Makes a budget.</summary>
    /// <param name="limit">Bytes, at least 1.</param>
    public MemoryBudget(long limit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        Limit = limit;
    }

    /// <summary>
    /// The default limit in bytes, 512 MiB: as much as full windows of 256 channels that nobody takes from, and little beside what
    /// 15,000 connections need anyway.
    /// </summary>
    public static long DefaultLimit => 512L * 1024 * 1024;

    /// <summary>The most in bytes; what is under way when it is reached comes on top.</summary>
    public long Limit { get; }

    /// <summary>Bytes in use.</summary>
    public long Used => Interlocked.Read(ref _used);

    /// <summary>Connections that were ended because they held most.</summary>
    public long Ended => Interlocked.Read(ref _ended);

    /// <summary>Whether more than half is in use: nobody is promised more than the least now.</summary>
    public bool IsTight => Used > Limit / 2;

    /// <summary>Whether all is in use: nobody new is served now.</summary>
    public bool IsSpent => Used >= Limit;

    /// <summary>Begins to count for a connection.</summary>
    /// <param name="end">
    /// Ends the connection, on a thread of the pool and under no lock; is told how many bytes it held.
    /// </param>
    internal MemoryAccount Open(Action<long> end)
    {
        var account = new MemoryAccount(this, end);
        lock (_gate)
        {
            _accounts.Add(account);
        }

        return account;
    }

    internal void Close(MemoryAccount account)
    {
        lock (_gate)
        {
            _accounts.Remove(account);
        }
    }

    internal void Add(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) > Limit && bytes > 0 && Interlocked.Exchange(ref _isRelieving, 1) == 0)
        {
            // Whoever charges holds locks of its connection; ending another takes those of that one.
            ThreadPool.UnsafeQueueUserWorkItem(static budget => budget.Relieve(), this, preferLocal: false);
        }
    }

    private void Relieve()
    {
        while (FindLargest() is { } largest)
        {
            Interlocked.Increment(ref _ended);
            largest.End();
        }

        Volatile.Write(ref _isRelieving, 0);
    }

    /// <summary>The account to end next, marked as such; null when those that are ending make enough room.</summary>
    private MemoryAccount? FindLargest()
    {
        lock (_gate)
        {
            MemoryAccount? largest = null;
            var ending = 0L;
            foreach (var account in _accounts)
            {
                if (account.IsEnding)
                {
                    ending += account.Held;
                }
                else if (largest is null || account.Held > largest.Held)
                {
                    largest = account;
                }
            }

            if (largest is null || largest.Held == 0 || Used - ending <= Limit * Relief)
            {
                return null;
            }

            largest.IsEnding = true;
            return largest;
        }
    }
}
