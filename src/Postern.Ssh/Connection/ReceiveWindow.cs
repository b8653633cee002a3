using Postern.Ssh.Transport;

namespace Postern.Ssh.Connection;

/// <summary>
/// What a peer may still send on a channel (RFC 4254 section 5.2). Arrival is counted at once; credit goes back for
/// what was taken, in steps of half a window. Belongs to the connection's dispatch lock.
/// </summary>
internal sealed class ReceiveWindow(int size, int maximumPacket, TimeProvider time)
{
    private readonly CreditEcho _echo = new(time);
    private int _available = size;
    private int _taken;

    /// <summary>The full window.</summary>
    public int Size { get; private set; } = size;

    /// <summary>When credit was given last; for <see cref="WindowGrowth"/>.</summary>
    public long CreditedAt { get; set; }

    /// <summary>What the peer was seen to wait for credit; zero when it never was.</summary>
    public TimeSpan RoundTrip => _echo.RoundTrip;

    /// <summary>Counts arrived data. Throws <see cref="DisconnectException"/> when it is more than was allowed.</summary>
    public void Arrive(int count)
    {
        if (count > maximumPacket)
        {
            throw DisconnectException.Protocol($"{count} bytes of data exceed the maximum packet of {maximumPacket}");
        }

        if (count > _available)
        {
            throw DisconnectException.Protocol($"{count} bytes of data exceed the window of {_available}");
        }

        _available -= count;
        _echo.Arrive(count);
    }

    /// <summary>The peer gets so much more than it took.</summary>
    public void Grow(int count)
    {
        Size += count;
        _available += count;
    }

    /// <summary>Counts taken data, and returns the credit to give now: 0, or half a window and more.</summary>
    public uint Take(int count)
    {
        _taken += count;
        if (_taken < Size / 2)
        {
            return 0;
        }

        var credit = _taken;
        _taken = 0;
        _echo.Give(_available);
        _available += credit;
        return (uint)credit;
    }
}
