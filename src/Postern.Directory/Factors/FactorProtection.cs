using System.Security.Cryptography;
using System.Text;
using Postern.Directory.Secrets;

namespace Postern.Directory.Factors;

/// <summary>
/// Encrypts the secrets of authenticator apps (<see cref="SecretSeal"/>) and hashes recovery codes with HMAC-SHA256, so that a
/// copy of the database alone makes no code and guesses none.
/// </summary>
public sealed class FactorProtection : IDisposable
{
    /// <summary>Bytes of the key.</summary>
    public const int KeySize = SecretSeal.KeySize;

    /// <summary>The purpose under which the server derives the key from its master key.</summary>
    public const string Purpose = "second factors";

    private readonly SecretSeal _seal;
    private readonly byte[] _hashKey;

    /// <summary>Derives what it needs from a key of <see cref="KeySize"/> bytes, which it does not keep. Other lengths throw.</summary>
    public FactorProtection(ReadOnlySpan<byte> key)
    {
        _seal = new SecretSeal(key, "authenticator secrets"u8);
        _hashKey = GC.AllocateArray<byte>(KeySize, pinned: true);
        HKDF.Expand(HashAlgorithmName.SHA256, key, _hashKey, "recovery codes"u8);
    }

    /// <summary>Encrypts the secret of this account's app; moved to another account it does not decrypt.</summary>
    public byte[] Protect(Guid userId, ReadOnlySpan<byte> secret) => _seal.Seal(secret, Owner(userId));

    /// <summary>
    /// Decrypts; the caller clears the result. Throws <see cref="CryptographicException"/> when the record is damaged, of
    /// another account, or was encrypted under another master key.
    /// </summary>
    public byte[] Unprotect(Guid userId, ReadOnlySpan<byte> record) => _seal.Open(record, Owner(userId)) ?? throw new CryptographicException(
        $"The authenticator secret of account {userId} is damaged or was encrypted under another master key; restore the file or the "
        + "database that belong together, or reset the account with 'postern-server user reset-mfa'.");

    /// <summary>What is stored of a recovery code: a keyed hash, for 60 random bits alone could be found by trying.</summary>
    public string HashRecoveryCode(Guid userId, string code) =>
        Convert.ToHexStringLower(HMACSHA256.HashData(_hashKey, Encoding.UTF8.GetBytes($"{userId:D} {code}")));

    /// <inheritdoc/>
    public void Dispose()
    {
        _seal.Dispose();
        CryptographicOperations.ZeroMemory(_hashKey);
    }

    private static string Owner(Guid userId) => $"authenticator {userId:D}";
}
