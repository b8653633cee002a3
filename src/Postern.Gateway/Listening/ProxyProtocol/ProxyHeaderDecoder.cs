using Postern.Ssh.Wire;

namespace Postern.Gateway.Listening.ProxyProtocol;

/// <summary>
/// Reads a PROXY header of either version as its bytes arrive. It never asks for a byte more than the header has, so that
/// what follows is left for SSH.
/// </summary>
public static class ProxyHeaderDecoder
{
    /// <summary>
    /// The shortest header of any kind is longer than this ("PROXY UNKNOWN" with CR LF has 15 bytes), and the versions can be
    /// told apart by it.
    /// </summary>
    internal const int Prefix = 12;

    /// <summary>What a header of version 1 begins with.</summary>
    internal static ReadOnlySpan<byte> Version1 => "PROXY "u8;

    /// <summary>What a header of version 2 begins with: bytes that no text protocol sends.</summary>
    internal static ReadOnlySpan<byte> Version2 => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>
    /// Reads the header when all of it is there, and null otherwise. Throws <see cref="WireFormatException"/> as soon as the
    /// bytes cannot become one.
    /// </summary>
    /// <param name="bytes">What has come so far, at most <paramref name="wanted"/> of the last call more than then.</param>
    /// <param name="wanted">How many more bytes may be received now without taking any behind the header; 0 at its end.</param>
    public static ProxyHeader? TryRead(ReadOnlySpan<byte> bytes, out int wanted)
    {
        var common = Math.Min(bytes.Length, Prefix);
        if (bytes[..common].SequenceEqual(Version2[..common]) && common > 0)
        {
            return ProxyHeaderVersion2.TryRead(bytes, out wanted);
        }

        common = Math.Min(bytes.Length, Version1.Length);
        if (!bytes[..common].SequenceEqual(Version1[..common]))
        {
            WireFormatException.Throw("the connection does not begin with a PROXY header");
        }

        return ProxyHeaderVersion1.TryRead(bytes, out wanted);
    }
}
