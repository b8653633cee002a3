using System.Security.Cryptography;
using Postern.Ssh.Server;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>A key exchange method of the shape of RFC 5656 section 4: one public value each way.</summary>
internal abstract class KeyExchangeMethod
{
    private static readonly KeyExchangeMethod[] Methods =
    [
        new Curve25519KeyExchange("curve25519-sha256"),
        new Curve25519KeyExchange("curve25519-sha256@libssh.org"),
    ];

    public abstract string Name { get; }

    /// <summary>The hash of exchange hash and key derivation.</summary>
    public abstract HashAlgorithmName Hash { get; }

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
