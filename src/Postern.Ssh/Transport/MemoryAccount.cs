namespace Postern.Ssh.Transport;

/// <summary>What one connection has of a <see cref="MemoryBudget"/>. Safe to use from any thread.</summary>
internal sealed class MemoryAccount(MemoryBudget budget, Action<long> end) : IDisposable
{
    private long _held;

    /// <summary>Bytes in use.</summary>
    public long Held => Interlocked.Read(ref _held);

    /// <summary>Whether new channels and growing windows get the least.</summary>
    public bool IsTight => budget.IsTight;

    /// <summary>Whether no channel may open.</summary>
    public bool IsSpent => budget.IsSpent;

    /// <summary>Whether the connection is being ended for the sake of the others. Belongs to the budget's lock.</summary>
    public bool IsEnding { get; set; }

    /// <summary>Counts bytes that are kept from now on, or with a negative number that are no more.</summary>
    public void Add(long bytes)
    {
        Interlocked.Add(ref _held, bytes);
        budget.Add(bytes);
    }

    /// <summary>Ends the connection.</summary>
    public void End() => end(Held);

    /// <summary>The connection is gone, and with it whatever it kept.</summary>
    public void Dispose()
    {
        budget.Close(this);
        budget.Add(-Interlocked.Exchange(ref _held, 0));
    }
}
