using System.Security.Cryptography;
using System.Text;

namespace Postern.Directory.Secrets;

/// <summary>
/// Encrypts secrets that have to be read again with AES-256-GCM, so that a copy of the database alone gives none of them.
/// Encrypted form: version 1, nonce (12), ciphertext, tag (16). A record opens only for what it was sealed for.
/// </summary>
public sealed class SecretSeal : IDisposable
{
    /// <summary>Bytes of the key.</summary>
    public const int KeySize = 32;

    private const byte Version = 1;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int SecretStart = 1 + NonceSize;

    private readonly byte[] _key = GC.AllocateArray<byte>(KeySize, pinned: true);

    /// <summary>Derives its key from one of <see cref="KeySize"/> bytes, which it does not keep. Other lengths throw.</summary>
    /// <param name="key">The key to derive from.</param>
    /// <param name="use">What the derived key is for; another use gives another key.</param>
    public SecretSeal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> use)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(key.Length, KeySize, nameof(key));
        HKDF.Expand(HashAlgorithmName.SHA256, key, _key, use);
    }

    /// <summary>Encrypts a secret of <paramref name="owner"/>; moved to another owner it does not decrypt.</summary>
    public byte[] Seal(ReadOnlySpan<byte> secret, string owner)
    {
        var record = new byte[SecretStart + secret.Length + TagSize];
        record[0] = Version;
        var nonce = record.AsSpan(1, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(_key, TagSize);
        cipher.Encrypt(nonce, secret, record.AsSpan(SecretStart, secret.Length), record.AsSpan(SecretStart + secret.Length), Encoding.ASCII.GetBytes(owner));
        return record;
    }

    /// <summary>
    /// Decrypts; the caller clears the result. Null when the record is damaged, of another owner, or was encrypted under another
    /// key.
    /// </summary>
    public byte[]? Open(ReadOnlySpan<byte> record, string owner)
    {
        var size = record.Length - SecretStart - TagSize;
        if (size < 0 || record[0] != Version)
        {
            return null;
        }

        var secret = new byte[size];
        try
        {
            using var cipher = new AesGcm(_key, TagSize);
            cipher.Decrypt(
                record.Slice(1, NonceSize), record.Slice(SecretStart, size), record[(SecretStart + size)..], secret, Encoding.ASCII.GetBytes(owner));
            return secret;
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(_key);
}
