namespace Postern.Ssh.Transport;

/// <summary>
/// The time within which somebody must have signed in. It stands still while a person is asked, for a bounded time in all.
/// Belongs to the receive loop; its end is told from a timer.
/// </summary>
internal sealed class LoginGrace(TimeProvider time, Action over) : IDisposable
{
    private ITimer? _timer;

    // What was left of both when the clock was last looked at, which was at _since.
    private TimeSpan _left;
    private TimeSpan _standstillLeft;
    private long _since;

    // How long it may stand still now; zero while it runs.
    private TimeSpan _allowed;

    /// <summary>Begins.</summary>
    /// <param name="grace">The time.</param>
    /// <param name="standstill">The most that it stands still, in all.</param>
    public void Start(TimeSpan grace, TimeSpan standstill)
    {
        _left = grace;
        _standstillLeft = standstill;
        _since = time.GetTimestamp();
        _timer = time.CreateTimer(static state => ((Action)state!)(), over, grace, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Has it stand still from now on, for at most <paramref name="most"/>.</summary>
    public void StandStill(TimeSpan most)
    {
        Settle();
        _allowed = most < _standstillLeft ? most : _standstillLeft;
        Set(_left + _allowed);
    }

    /// <summary>Has it go on.</summary>
    public void GoOn()
    {
        Settle();
        _allowed = TimeSpan.Zero;
        Set(_left);
    }

    /// <inheritdoc/>
    public void Dispose() => _timer?.Dispose();

    private void Settle()
    {
        var spent = time.GetElapsedTime(_since);
        var standing = spent < _allowed ? spent : _allowed;
        _standstillLeft -= standing;
        _left -= spent - standing;
        _since = time.GetTimestamp();
    }

    private void Set(TimeSpan due) => _timer!.Change(due > TimeSpan.Zero ? due : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
}
