using System.Security.Cryptography;
using Postern.Ssh.Transport.Interop;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>curve25519-sha256 (RFC 8731): X25519 with SHA-256, the secret hashed as an mpint.</summary>
internal sealed class Curve25519KeyExchange(string name) : KeyExchangeMethod
{
    public override string Name => name;

    public override HashAlgorithmName Hash => HashAlgorithmName.SHA256;

    public override KeyAgreement Respond(ReadOnlySpan<byte> clientPublic, IRandomSource randomness)
    {
        RequireLength(clientPublic, X25519.KeyLength);
        using var share = new Share(randomness);
        return new KeyAgreement(share.Public.ToArray(), share.Complete(clientPublic));
    }

    public override ClientKeyShare Begin(IRandomSource randomness) => new Share(randomness);

    /// <summary>A private key and what it agrees on; also the classical half of hybrid methods.</summary>
    internal sealed class Share : ClientKeyShare
    {
        private readonly X25519 _key;
        private readonly byte[] _publicKey = new byte[X25519.KeyLength];

        public Share(IRandomSource randomness)
        {
            Span<byte> privateKey = stackalloc byte[X25519.KeyLength];
            try
            {
                randomness.Fill(privateKey);
                _key = new X25519(privateKey);
                _key.CopyPublicKeyTo(_publicKey);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(privateKey);
            }
        }

        public override ReadOnlyMemory<byte> Public => _publicKey;

        public override byte[] Complete(ReadOnlySpan<byte> serverPublic)
        {
            Span<byte> secret = stackalloc byte[X25519.KeyLength];
            try
            {
                Agree(serverPublic, secret);
                return EncodeMpint(secret);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(secret);
            }
        }

        /// <summary>Computes the raw secret; throws <see cref="DisconnectException"/> when the public key is not valid.</summary>
        public void Agree(ReadOnlySpan<byte> peerPublic, Span<byte> secret)
        {
            RequireLength(peerPublic, X25519.KeyLength);
            if (!_key.TryAgree(peerPublic, secret))
            {
                throw Refuse("the public key is a point of small order");
            }
        }

        public override void Dispose() => _key.Dispose();
    }
}
