using Postern.Ssh.Transport;

namespace Postern.Ssh.Connection;

/// <summary>What we may still send on a channel (RFC 4254 section 5.2). Belongs to the channel's lock.</summary>
internal struct SendWindow(uint size)
{
    /// <summary>Bytes that may be sent now.</summary>
    public uint Available { get; private set; } = size;

    /// <summary>Adds credit. Throws <see cref="DisconnectException"/> past 2^32 - 1, which no peer may reach.</summary>
    public void Add(uint credit)
    {
        if (credit > uint.MaxValue - Available)
        {
            throw DisconnectException.Protocol($"a credit of {credit} overflows the window of {Available}");
        }

        Available += credit;
    }

    /// <summary>Uses up credit; never more than <see cref="Available"/>.</summary>
    public void Use(int count) => Available -= (uint)count;
}
