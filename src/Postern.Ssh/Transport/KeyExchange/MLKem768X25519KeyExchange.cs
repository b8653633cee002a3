using System.Security.Cryptography;
using Postern.Ssh.Transport.Interop;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>
/// mlkem768x25519-sha256 (draft-ietf-sshm-mlkem-hybrid-kex): ML-KEM-768 (FIPS 203) and X25519 side by side, secure as
/// long as one of them is.
/// </summary>
/// <remarks><code>
/// C_INIT   ML-KEM-768 encapsulation key (1184 bytes), X25519 public key (32 bytes)
/// S_REPLY  ML-KEM-768 ciphertext (1088 bytes), X25519 public key (32 bytes)
/// K        string: SHA-256 of both secrets, ML-KEM's first
/// </code>
/// The classical methods hash K as an mpint, this one as a string. ML-KEM's own randomness is the platform's.
/// </remarks>
internal sealed class MLKem768X25519KeyExchange : KeyExchangeMethod
{
    public const string MethodName = "mlkem768x25519-sha256";

    private const int EncapsulationKey = 1184;
    private const int Ciphertext = 1088;
    private const int Secret = 32;
    private const int ClientPublicLength = EncapsulationKey + X25519.KeyLength;
    private const int ServerPublicLength = Ciphertext + X25519.KeyLength;

    /// <summary>Whether the platform has ML-KEM: OpenSSL 3.5 and newer.</summary>
    public static bool IsSupported => MLKem.IsSupported;

    public override string Name => MethodName;

    public override HashAlgorithmName Hash => HashAlgorithmName.SHA256;

    public override KeyAgreement Respond(ReadOnlySpan<byte> clientPublic, IRandomSource randomness)
    {
        RequireLength(clientPublic, ClientPublicLength);
        Span<byte> secrets = stackalloc byte[2 * Secret];
        try
        {
            var serverPublic = new byte[ServerPublicLength];
            using (var client = ImportEncapsulationKey(clientPublic[..EncapsulationKey]))
            {
                client.Encapsulate(serverPublic.AsSpan(0, Ciphertext), secrets[..Secret]);
            }

            using var classical = new Curve25519KeyExchange.Share(randomness);
            classical.Agree(clientPublic[EncapsulationKey..], secrets[Secret..]);
            classical.Public.Span.CopyTo(serverPublic.AsSpan(Ciphertext));
            return new KeyAgreement(serverPublic, Combine(secrets));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secrets);
        }
    }

    public override ClientKeyShare Begin(IRandomSource randomness) =>
        BeginWith(MLKem.GenerateKey(MLKemAlgorithm.MLKem768), randomness);

    /// <summary>Begins with an ML-KEM key that is there already, for published vectors, and takes it over.</summary>
    internal static ClientKeyShare BeginWith(MLKem key, IRandomSource randomness) =>
        new Share(key, new Curve25519KeyExchange.Share(randomness));

    /// <summary>Refuses a key whose coefficients are not reduced (FIPS 203 section 7.2, the modulus check).</summary>
    private static MLKem ImportEncapsulationKey(ReadOnlySpan<byte> key)
    {
        try
        {
            return MLKem.ImportEncapsulationKey(MLKemAlgorithm.MLKem768, key);
        }
        catch (CryptographicException)
        {
            throw Refuse("the ML-KEM-768 key is not a valid one");
        }
    }

    private static byte[] Combine(ReadOnlySpan<byte> secrets)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        try
        {
            SHA256.HashData(secrets, hash);
            return EncodeString(hash);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(hash);
        }
    }

    private sealed class Share(MLKem key, Curve25519KeyExchange.Share classical) : ClientKeyShare
    {
        public override ReadOnlyMemory<byte> Public { get; } =
            (byte[])[.. key.ExportEncapsulationKey(), .. classical.Public.Span];

        public override byte[] Complete(ReadOnlySpan<byte> serverPublic)
        {
            RequireLength(serverPublic, ServerPublicLength);
            Span<byte> secrets = stackalloc byte[2 * Secret];
            try
            {
                // A ciphertext that does not belong to the key gives a secret that nobody has (FIPS 203 section 6.3).
                key.Decapsulate(serverPublic[..Ciphertext], secrets[..Secret]);
                classical.Agree(serverPublic[Ciphertext..], secrets[Secret..]);
                return Combine(secrets);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(secrets);
            }
        }

        public override void Dispose()
        {
            key.Dispose();
            classical.Dispose();
        }
    }
}
