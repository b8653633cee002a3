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

    // The timer's only: what was asked since the last answer that it saw. Answers come in the order of the questions.
    private readonly List<Task> _asked = [];

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
        _asked.RemoveRange(0, _asked.FindLastIndex(question => question.IsCompletedSuccessfully) + 1);
        if (_asked.Count >= _limits.Count)
        {
            _onSilence();
            return;
        }

        _asked.Add(AskAsync());
        _timer.Change(_limits.Interval, Timeout.InfiniteTimeSpan);
    }

    // The task of the answer itself: one that only continued from it would know of it later.
    private Task AskAsync()
    {
        try
        {
            return _outbox.AskAsync(new GlobalRequest.KeepAlive());
        }
        catch (InvalidOperationException exception)
        {
            // So many requests are unanswered that this one counts as such too.
            return Task.FromException(exception);
        }
    }
}
