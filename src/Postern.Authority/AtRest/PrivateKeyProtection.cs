using System.Security.Cryptography;
using System.Text;
using Postern.Ssh.Keys;
using Postern.Ssh.Wire;

namespace Postern.Authority;

/// <summary>
/// Encrypts the private halves of the authorities' keys with AES-256-GCM, under a key derived for each purpose and bound
/// to the record. Form: version 1, the master key's identifier (8), nonce (12), encrypted seed (32), tag (16).
/// </summary>
internal sealed class PrivateKeyProtection(MasterKey masterKey, RandomNumberGenerator random)
{
    private const byte Version = 1;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int IdentifierSize = 8;
    private const int NonceStart = 1 + IdentifierSize;
    private const int SeedStart = NonceStart + NonceSize;
    private const int TagStart = SeedStart + Ed25519PrivateKey.SeedSize;
    private const int Size = TagStart + TagSize;

    public byte[] Protect(Guid id, AuthorityPurpose purpose, Ed25519PrivateKey key)
    {
        var record = new byte[Size];
        record[0] = Version;
        masterKey.Identifier.Span.CopyTo(record.AsSpan(1));
        var nonce = record.AsSpan(NonceStart, NonceSize);
        random.GetBytes(nonce);
        Span<byte> seed = stackalloc byte[Ed25519PrivateKey.SeedSize];
        var encryptionKey = masterKey.DeriveKey(NameOf(purpose));
        try
        {
            key.CopySeedTo(seed);
            using var cipher = new AesGcm(encryptionKey, TagSize);
            cipher.Encrypt(nonce, seed, record.AsSpan(SeedStart, Ed25519PrivateKey.SeedSize), record.AsSpan(TagStart), Context(id, purpose, key.PublicKey.Blob.Span));
            return record;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
            CryptographicOperations.ZeroMemory(encryptionKey);
        }
    }

    /// <summary>Decrypts; throws <see cref="AuthorityKeyException"/> when the master key is another one or the record is damaged.</summary>
    public Ed25519PrivateKey Unprotect(AuthorityKeyRecord stored)
    {
        var publicKey = PublicKeyOf(stored);
        var record = stored.ProtectedPrivateKey;
        if (record.Length != Size || record[0] != Version)
        {
            throw Damaged(stored, null);
        }

        var identifier = record.AsSpan(1, IdentifierSize);
        if (!identifier.SequenceEqual(masterKey.Identifier.Span))
        {
            throw new AuthorityKeyException(
                $"The authority key {stored.Id} is encrypted under the master key {Convert.ToHexStringLower(identifier)}, and the one in use is "
                + $"{Convert.ToHexStringLower(masterKey.Identifier.Span)}; restore the master key file that belongs to this database.");
        }

        Span<byte> seed = stackalloc byte[Ed25519PrivateKey.SeedSize];
        var encryptionKey = masterKey.DeriveKey(NameOf(stored.Purpose));
        try
        {
            using var cipher = new AesGcm(encryptionKey, TagSize);
            cipher.Decrypt(
                record.AsSpan(NonceStart, NonceSize),
                record.AsSpan(SeedStart, Ed25519PrivateKey.SeedSize),
                record.AsSpan(TagStart),
                seed,
                Context(stored.Id, stored.Purpose, publicKey.Blob.Span));
            var key = Ed25519PrivateKey.FromSeed(seed);
            if (key.PublicKey.Equals(publicKey))
            {
                return key;
            }

            key.Dispose();
            throw Damaged(stored, null);
        }
        catch (AuthenticationTagMismatchException exception)
        {
            throw Damaged(stored, exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seed);
            CryptographicOperations.ZeroMemory(encryptionKey);
        }
    }

    /// <summary>The public half; throws <see cref="AuthorityKeyException"/> when the record is damaged.</summary>
    public static PublicKey PublicKeyOf(AuthorityKeyRecord stored)
    {
        try
        {
            return PublicKey.ParseAuthorizedKey(stored.PublicKey).Key;
        }
        catch (WireFormatException exception)
        {
            throw Damaged(stored, exception);
        }
    }

    private static AuthorityKeyException Damaged(AuthorityKeyRecord stored, Exception? cause) =>
        new($"The stored authority key {stored.Id} is damaged; restore the database from a backup.", cause);

    private static string NameOf(AuthorityPurpose purpose) => purpose switch
    {
        AuthorityPurpose.UserCertificates => "user certificate authority",
        AuthorityPurpose.HostCertificates => "host certificate authority",
        _ => throw new ArgumentOutOfRangeException(nameof(purpose)),
    };

    // Bound to the record: a ciphertext moved to another one does not decrypt.
    private static byte[] Context(Guid id, AuthorityPurpose purpose, ReadOnlySpan<byte> publicKey) =>
        [.. Encoding.ASCII.GetBytes($"{id:D} {NameOf(purpose)} "), .. publicKey];
}
