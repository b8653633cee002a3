using System.Security.Cryptography;

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
    /// Answers the client's public value. Throws <see cref="DisconnectException"/> when that is not a valid one.
    /// </summary>
    public abstract KeyAgreement Respond(ReadOnlySpan<byte> clientPublic, IRandomSource randomness);
}
