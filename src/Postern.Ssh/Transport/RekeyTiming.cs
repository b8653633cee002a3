namespace Postern.Ssh.Transport;

/// <summary>
/// When a connection asks for new keys, and how long a re-key may take (RFC 4253 section 9). All members belong to the
/// connection's dispatch lock, but for <see cref="Request"/>.
/// </summary>
internal sealed class RekeyTiming(TransportLimits limits, TimeProvider time, Action requestDispatch, Action onTimeout) : IDisposable
{
    private ITimer? _interval;
    private ITimer? _timeout;

    // Any thread.
    private int _isDue;

    /// <summary>Whether new keys were requested since the last came.</summary>
    public bool IsDue => Volatile.Read(ref _isDue) == 1;

    /// <summary>Has the dispatch lock's next holder begin a re-key. Any thread.</summary>
    public void Request()
    {
        Volatile.Write(ref _isDue, 1);
        requestDispatch();
    }

    /// <summary>A re-key has begun, from one side or the other.</summary>
    public void Watch() => _timeout ??= time.CreateTimer(
        static state => ((Action)state!)(), onTimeout, limits.RekeyTimeout, Timeout.InfiniteTimeSpan);

    /// <summary>There are new keys.</summary>
    public void Finish()
    {
        _timeout?.Dispose();
        _timeout = null;
        Interlocked.Exchange(ref _isDue, 0);
        _interval ??= time.CreateTimer(
            static state => ((RekeyTiming)state!).Request(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _interval.Change(limits.RekeyInterval, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _interval?.Dispose();
        _timeout?.Dispose();
    }
}
