using System.Security.Cryptography;

namespace Postern.Ssh.Transport;

/// <summary>A source of random bytes; injected so that handshakes can be repeated in tests.</summary>
public interface IRandomSource
{
    /// <summary>Fills <paramref name="bytes"/> with bytes that nobody else can guess.</summary>
    void Fill(Span<byte> bytes);

    /// <summary>Makes a private key of a NIST curve: always the platform's own, but in tests that repeat a handshake.</summary>
    internal ECDiffieHellman CreateKey(ECCurve curve) => ECDiffieHellman.Create(curve);
}
