namespace Postern.Ssh.Connection;

/// <summary>
/// Asks the peer from time to time whether it is still there. An answer of either kind will do. Works from its timer
/// alone, so that packets cost nothing for it.
/// </summary>
internal sealed class KeepAlive : IDisposable
{
    private readonly KeepAliveLimits _limits;
    private readonly GlobalOutbox _outbox;
    private readonly Action _onSilence;
    private readonly ITimer _timer;

    // The timer counts up, answers set it back.
    private int _unanswered;

    /// <param name="limits">When to ask, and how long to hope.</param>
    /// <param name="outbox">Where to ask.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onSilence">The peer is not there any more; any thread.</param>
    public KeepAlive(KeepAliveLimits limits, GlobalOutbox outbox, TimeProvider time, Action onSilence)
    {
        _limits = limits;
        _outbox = outbox;
        _onSilence = onSilence;
        _timer = time.CreateTimer(static state => ((KeepAlive)state!).Tick(), this, limits.Interval, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Tick()
    {
        if (Interlocked.Increment(ref _unanswered) > _limits.Count)
        {
            _onSilence();
            return;
        }

        _ = AskAsync();
        _timer.Change(_limits.Interval, Timeout.InfiniteTimeSpan);
    }

    private async Task AskAsync()
    {
        try
        {
            await _outbox.AskAsync(new GlobalRequest.KeepAlive());
            Volatile.Write(ref _unanswered, 0);
        }
        catch (InvalidOperationException)
        {
            // So many requests are unanswered that this one counts as such too.
        }
    }
}
