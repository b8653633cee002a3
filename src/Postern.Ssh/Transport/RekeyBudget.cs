namespace Postern.Ssh.Transport;

/// <summary>
/// How many re-keys the peer may begin: each costs an agreement and, of a server, a signature, and RFC 4253 section 9 sets no
/// bound. Belongs to the connection's dispatch lock.
/// </summary>
internal sealed class RekeyBudget(TransportLimits limits, TimeProvider time)
{
    /// <summary>
    /// Nobody needs new keys before somebody has signed in, but RFC 4253 section 9 allows it; strangers get no more of them.
    /// </summary>
    private const int MaxEarlyRekeys = 2;

    private int _early;

    // Once somebody has signed in, a re-key is paid in bytes, for which time stands in. At most this much is saved.
    private readonly long _fullCredit = limits.PeerRekeys * limits.PeerRekeyBytes;
    private long _credit = limits.PeerRekeys * limits.PeerRekeyBytes;
    private long _moved;
    private long _spentAt = time.GetTimestamp();

    /// <summary>Nobody has signed in, and the peer begins a re-key. Throws <see cref="DisconnectException"/> when it is one too many.</summary>
    public void SpendEarly()
    {
        if (++_early > MaxEarlyRekeys)
        {
            throw DisconnectException.Reached(EngineLimit.Rekeys, $"more than {MaxEarlyRekeys} re-keys before authentication");
        }
    }

    /// <summary>
    /// Somebody has signed in, and the peer begins a re-key. Throws <see cref="DisconnectException"/> when the budget does not
    /// have it.
    /// </summary>
    /// <param name="moved">Bytes of packets of the whole connection so far, both ways together.</param>
    public void Spend(long moved)
    {
        var now = time.GetTimestamp();
        _credit = Math.Min(_fullCredit, _credit + (moved - _moved) + WorthOf(time.GetElapsedTime(_spentAt, now)));
        _moved = moved;
        _spentAt = now;
        if (_credit < limits.PeerRekeyBytes)
        {
            throw DisconnectException.Reached(
                EngineLimit.Rekeys,
                $"more than {limits.PeerRekeys} re-keys, with another for each {limits.PeerRekeyBytes} bytes and for each "
                + $"{limits.PeerRekeyInterval.TotalSeconds} seconds");
        }

        _credit -= limits.PeerRekeyBytes;
    }

    /// <summary>The bytes that a time stands for; no more than can be saved, so that a year does not overflow.</summary>
    private long WorthOf(TimeSpan elapsed) => elapsed < limits.PeerRekeys * limits.PeerRekeyInterval
        ? elapsed.Ticks * limits.PeerRekeyBytes / limits.PeerRekeyInterval.Ticks
        : _fullCredit;
}
