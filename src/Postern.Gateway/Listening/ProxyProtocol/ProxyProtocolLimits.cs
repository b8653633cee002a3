namespace Postern.Gateway.Listening.ProxyProtocol;

/// <summary>Limits of the PROXY protocol.</summary>
public static class ProxyProtocolLimits
{
    /// <summary>Longest header of version 1 in bytes, its CR LF included (section 2.1).</summary>
    public const int Version1 = 107;

    /// <summary>
    /// Longest header of version 2 in bytes. The format allows 64 KiB; addresses take 52 or 232, and the values that proxies
    /// add (names, a checksum, an id, facts of TLS) a few hundred, so this leaves room for all of them.
    /// </summary>
    public const int Version2 = 4096;

    /// <summary>
    /// Time in which the whole header must be there. A proxy sends it in its first packet; 5 s is enough for that packet
    /// to be lost twice.
    /// </summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
}
