using System.Security.Cryptography;
using System.Text;

namespace Postern.Directory.Factors;

/// <summary>
/// Encrypts the secrets of authenticator apps with AES-256-GCM and hashes recovery codes with HMAC-SHA256, so that a copy of
/// the database alone makes no code and guesses none. Encrypted form: version 1, nonce (12), ciphertext, tag (16).
/// </summary>
public sealed class FactorProtection : IDisposable
{
    /// <summary>Bytes of the key.</summary>
    public const int KeySize = 32;

    /// <summary>The purpose under which the server derives the key from its master key.</summary>
    public const string Purpose = "second factors";

    private const byte Version = 1;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int SecretStart = 1 + NonceSize;

    private readonly byte[] _encryptionKey;
    private readonly byte[] _hashKey;

    /// <summary>Derives what it needs from a key of <see cref="KeySize"/> bytes, which it does not keep. Other lengths throw.</summary>
    public FactorProtection(ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeySize, nameof(key));
        _encryptionKey = GC.AllocateArray<byte>(KeySize, pinned: true);
        _hashKey = GC.AllocateArray<byte>(KeySize, pinned: true);
        HKDF.Expand(HashAlgorithmName.SHA256, key, _encryptionKey, "authenticator secrets"u8);
        HKDF.Expand(HashAlgorithmName.SHA256, key, _hashKey, "recovery codes"u8);
    }

    /// <summary>Encrypts the secret of this account's app; moved to another account it does not decrypt.</summary>
    public byte[] Protect(Guid userId, ReadOnlySpan<byte> secret)
    {
        var record = new byte[SecretStart + secret.Length + TagSize];
        record[0] = Version;
        var nonce = record.AsSpan(1, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(_encryptionKey, TagSize);
        cipher.Encrypt(nonce, secret, record.AsSpan(SecretStart, secret.Length), record.AsSpan(SecretStart + secret.Length), Context(userId));
        return record;
    }

    /// <summary>
    /// Decrypts; the caller clears the result. Throws <see cref="CryptographicException"/> when the record is damaged, of
    /// another account, or was encrypted under another master key.
    /// </summary>
    public byte[] Unprotect(Guid userId, ReadOnlySpan<byte> record)
    {
        var size = record.Length - SecretStart - TagSize;
        if (size < 0 || record[0] != Version)
        {
            throw Damaged(userId, null);
        }

        var secret = new byte[size];
        try
        {
            using var cipher = new AesGcm(_encryptionKey, TagSize);
            cipher.Decrypt(record.Slice(1, NonceSize), record.Slice(SecretStart, size), record[(SecretStart + size)..], secret, Context(userId));
            return secret;
        }
        catch (AuthenticationTagMismatchException exception)
        {
            throw Damaged(userId, exception);
        }
    }

    /// <summary>What is stored of a recovery code: a keyed hash, for 60 random bits alone could be found by trying.</summary>
    public string HashRecoveryCode(Guid userId, string code) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(_hashKey, Encoding.UTF8.GetBytes($"{userId:D} {code}")));

    /// <inheritdoc/>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_encryptionKey);
        CryptographicOperations.ZeroMemory(_hashKey);
    }

    private static byte[] Context(Guid userId) => Encoding.ASCII.GetBytes($"authenticator {userId:D}");

    private static CryptographicException Damaged(Guid userId, Exception? cause) => new(
        $"The authenticator secret of account {userId} is damaged or was encrypted under another master key; restore the file or the "
        + "database that belong together, or reset the account with 'postern-server user reset-mfa'.",
        cause);
}
