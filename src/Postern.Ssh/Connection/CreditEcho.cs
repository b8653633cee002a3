namespace Postern.Ssh.Connection;

/// <summary>
/// Measures how long a credit takes to the peer and the data that it allows takes back, in the data itself: a peer that
/// has sent all that it may stops, and goes on when the credit has reached it. Unlike TCP's round trip this spans
/// proxies and jump hosts, at which TCP ends. Belongs to the connection's dispatch lock.
/// </summary>
internal sealed class CreditEcho(TimeProvider time)
{
    /// <summary>The longest round trip that is believed: whoever stays away for longer had nothing to send.</summary>
    internal static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    // A peer that stops for less was not held up, but for a packet on its way.
    private static readonly TimeSpan ShortestStop = TimeSpan.FromMilliseconds(1);

    // What may still arrive that needs no credit watched; -1 when none is.
    private int _left = -1;
    private long _creditedAt;
    private long _stoppedAt;

    /// <summary>The last one measured; zero as long as the peer was never seen to wait for credit.</summary>
    public TimeSpan RoundTrip { get; private set; }

    /// <summary>Credit goes out while the peer may send so much without it.</summary>
    public void Give(int available)
    {
        if (_left < 0)
        {
            _left = available;
            _creditedAt = _stoppedAt = time.GetTimestamp();
        }
    }

    /// <summary>Data came.</summary>
    public void Arrive(int count)
    {
        if (_left < 0 || count == 0)
        {
            return;
        }

        if (_left == 0)
        {
            Measure();
        }
        else if (count == _left)
        {
            _left = 0;
            _stoppedAt = time.GetTimestamp();
        }
        else
        {
            // With a packet that goes beyond, the credit was there before it was needed.
            _left = count < _left ? _left - count : -1;
        }
    }

    private void Measure()
    {
        var now = time.GetTimestamp();
        var roundTrip = time.GetElapsedTime(_creditedAt, now);
        if (time.GetElapsedTime(_stoppedAt, now) >= ShortestStop && roundTrip <= Longest)
        {
            RoundTrip = roundTrip;
        }

        _left = -1;
    }
}
