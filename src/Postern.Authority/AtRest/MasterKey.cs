using System.Security.Cryptography;
using System.Text;

namespace Postern.Authority;

/// <summary>
/// The secret of 32 bytes from which the keys that encrypt the authorities' keys are derived. It lives in a file beside
/// the configuration, never in the database, so that a copy of the database alone can sign nothing.
/// </summary>
public sealed class MasterKey : IDisposable
{
    /// <summary>Bytes of the secret.</summary>
    public const int Size = 32;

    private const int IdentifierSize = 8;
    private const int MaximumFileSize = 256; // 44 characters of base64 and what an editor may have added.
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private readonly byte[] _secret;
    private bool _isDisposed;

    /// <summary>Copies a secret of <see cref="Size"/> bytes; other lengths throw.</summary>
    public MasterKey(ReadOnlySpan<byte> secret)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(secret.Length, Size, nameof(secret));
        _secret = GC.AllocateArray<byte>(Size, pinned: true);
        secret.CopyTo(_secret);
        Identifier = DeriveKey("identifier").AsSpan(0, IdentifierSize).ToArray();
    }

    /// <summary>Tells master keys apart and reveals nothing about them.</summary>
    internal ReadOnlyMemory<byte> Identifier { get; }

    /// <summary>
    /// Reads the file, or creates it with mode 0600 when there is none; of several processes that do so at once, one
    /// creates it and the others read that one. Throws <see cref="AuthorityKeyException"/> when others may read the
    /// file or when it is not a master key, and the file system's own exceptions.
    /// </summary>
    public static MasterKey OpenOrCreate(string path)
    {
        if (!File.Exists(path))
        {
            Create(path);
        }

        return Open(path);
    }

    /// <summary>Reads the file. Throws as <see cref="OpenOrCreate"/> does.</summary>
    public static MasterKey Open(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("the master key needs a file system with owners and modes");
        }

        using var file = File.OpenHandle(path);
        if ((File.GetUnixFileMode(file) & Others) != UnixFileMode.None)
        {
            throw new AuthorityKeyException($"The master key file {path} may be read by others; make it its owner's alone: chmod 600 {path}");
        }

        var text = GC.AllocateArray<byte>(MaximumFileSize, pinned: true);
        var secret = GC.AllocateArray<byte>(MaximumFileSize, pinned: true);
        try
        {
            var length = RandomAccess.Read(file, text, fileOffset: 0);
            var trimmed = text.AsSpan(0, length).Trim(" \t\r\n"u8);
            if (System.Buffers.Text.Base64.DecodeFromUtf8(trimmed, secret, out _, out var size) != System.Buffers.OperationStatus.Done || size != Size)
            {
                throw new AuthorityKeyException($"The master key file {path} is not {Size} bytes in base64; restore it from its backup.");
            }

            return new MasterKey(secret.AsSpan(0, size));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(text);
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isDisposed = true;
        CryptographicOperations.ZeroMemory(_secret);
    }

    /// <summary>Derives a key of 32 bytes for one purpose (RFC 5869); the caller clears it.</summary>
    public byte[] DeriveKey(string purpose)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return HKDF.DeriveKey(HashAlgorithmName.SHA256, _secret, Size, salt: null, info: Encoding.UTF8.GetBytes("postern master key v1: " + purpose));
    }

    // Written whole under another name first: neither a crash nor a second process ever sees half a key.
    private static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new PlatformNotSupportedException("the master key needs a file system with owners and modes");
        }

        var temporary = $"{path}.{Guid.NewGuid():N}.new";
        var secret = GC.AllocateArray<byte>(Size, pinned: true);
        RandomNumberGenerator.Fill(secret);
        try
        {
            using (var file = new FileStream(temporary, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = OwnerOnly,
            }))
            {
                file.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(secret) + "\n"));
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: false);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was faster, and its key is the one.
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            File.Delete(temporary);
        }
    }
}
