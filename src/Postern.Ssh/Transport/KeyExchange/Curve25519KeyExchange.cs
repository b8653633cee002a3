using System.Security.Cryptography;
using Postern.Ssh.Server;
using Postern.Ssh.Transport.Interop;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>curve25519-sha256 (RFC 8731): X25519 with SHA-256, the secret hashed as an mpint.</summary>
internal sealed class Curve25519KeyExchange(string name) : KeyExchangeMethod
{
    // Length field, sign byte, secret.
    private const int LongestEncodedSecret = sizeof(uint) + 1 + X25519.KeyLength;

    public override string Name => name;

    public override HashAlgorithmName Hash => HashAlgorithmName.SHA256;

    public override KeyAgreement Respond(ReadOnlySpan<byte> clientPublic, IRandomSource randomness)
    {
        if (clientPublic.Length != X25519.KeyLength)
        {
            throw Refuse($"the public key has {clientPublic.Length} bytes and not {X25519.KeyLength}");
        }

        Span<byte> privateKey = stackalloc byte[X25519.KeyLength];
        Span<byte> secret = stackalloc byte[X25519.KeyLength];
        Span<byte> encoded = stackalloc byte[LongestEncodedSecret];
        try
        {
            var serverPublic = new byte[X25519.KeyLength];
            randomness.Fill(privateKey);
            X25519.DerivePublicKey(privateKey, serverPublic);
            if (!X25519.TryAgree(privateKey, clientPublic, secret))
            {
                throw Refuse("the public key is a point of small order");
            }

            var writer = new WireWriter(encoded);
            writer.WriteMpint(secret);
            return new KeyAgreement(serverPublic, writer.Written.ToArray());
        }
        finally
        {
            CryptographicOperations.ZeroMemory(privateKey);
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(encoded);
        }
    }

    private static DisconnectException Refuse(string message) =>
        new(DisconnectCode.KeyExchangeFailed, ConnectionEnd.ProtocolError, message);
}
