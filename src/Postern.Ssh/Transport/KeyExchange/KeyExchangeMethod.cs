using System.Security.Cryptography;
using Postern.Ssh.Server;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>A key exchange method of the shape of RFC 5656 section 4: one public value each way.</summary>
internal abstract class KeyExchangeMethod
{
    private static readonly KeyExchangeMethod[] Methods =
    [
        .. MLKem768X25519KeyExchange.IsSupported ? [new MLKem768X25519KeyExchange()] : Array.Empty<KeyExchangeMethod>(),
        new Curve25519KeyExchange("curve25519-sha256"),
        new Curve25519KeyExchange("curve25519-sha256@libssh.org"),
        new NistEcdhKeyExchange("ecdh-sha2-nistp256", ECCurve.NamedCurves.nistP256, 32, HashAlgorithmName.SHA256),
        new NistEcdhKeyExchange("ecdh-sha2-nistp384", ECCurve.NamedCurves.nistP384, 48, HashAlgorithmName.SHA384, isCostly: true),
        new NistEcdhKeyExchange("ecdh-sha2-nistp521", ECCurve.NamedCurves.nistP521, 66, HashAlgorithmName.SHA512, isCostly: true),
    ];

    /// <summary>The names of the methods that this platform has, best first.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. Methods.Select(method => method.Name)];

    public abstract string Name { get; }

    /// <summary>The hash of exchange hash and key derivation.</summary>
    public abstract HashAlgorithmName Hash { get; }

    /// <summary>Whether an agreement takes a millisecond or more, which no event loop has.</summary>
    public virtual bool IsCostly => false;

    public static KeyExchangeMethod? Find(string name) => Array.Find(Methods, method => method.Name == name);

    /// <summary>
    /// The server's role: answers the client's public value. Throws <see cref="DisconnectException"/> when that is not
    /// a valid one.
    /// </summary>
    public abstract KeyAgreement Respond(ReadOnlySpan<byte> clientPublic, IRandomSource randomness);

    /// <summary>The client's role: makes the public value that is sent first.</summary>
    public abstract ClientKeyShare Begin(IRandomSource randomness);

    /// <summary>The secret as an mpint (RFC 4251 section 5), in memory of its exact size.</summary>
    protected static byte[] EncodeMpint(ReadOnlySpan<byte> secret)
    {
        // Length field, sign byte, secret.
        Span<byte> room = stackalloc byte[sizeof(uint) + 1 + secret.Length];
        try
        {
            var writer = new WireWriter(room);
            writer.WriteMpint(secret);
            return writer.Written.ToArray();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(room);
        }
    }

    /// <summary>The secret as a string (RFC 4251 section 5).</summary>
    protected static byte[] EncodeString(ReadOnlySpan<byte> secret)
    {
        var encoded = new byte[sizeof(uint) + secret.Length];
        var writer = new WireWriter(encoded);
        writer.WriteString(secret);
        return encoded;
    }

    /// <summary>Refuses a public value that has not exactly the one length that it may have.</summary>
    protected static void RequireLength(ReadOnlySpan<byte> peerPublic, int length)
    {
        if (peerPublic.Length != length)
        {
            throw Refuse($"the public key has {peerPublic.Length} bytes and not {length}");
        }
    }

    /// <summary>The peer's public value is not valid.</summary>
    protected static DisconnectException Refuse(string message) =>
        new(DisconnectCode.KeyExchangeFailed, ConnectionEnd.ProtocolError, message);
}
