using System.Buffers;
using System.Security.Cryptography;
using Postern.Ssh.Keys;
using Postern.Ssh.Wire;

namespace Postern.Authority;

/// <summary>A revocation list as it was in its file.</summary>
public sealed class RevokedKeysFile
{
    private readonly byte[] _hash;

    private RevokedKeysFile(byte[] hash, RevocationList list)
    {
        _hash = hash;
        List = list;
    }

    /// <summary>What it revokes.</summary>
    public RevocationList List { get; }

    /// <summary>
    /// Reads the file; it is <paramref name="known"/> again when its content is. Times and sizes are not asked: they may
    /// stay the same when a file is replaced, and reading it costs a fraction of a millisecond. Throws
    /// <see cref="IOException"/>, <see cref="UnauthorizedAccessException"/> and <see cref="WireFormatException"/>.
    /// </summary>
    public static RevokedKeysFile Read(string path, RevokedKeysFile? known)
    {
        using var file = File.OpenHandle(path);
        var length = RandomAccess.GetLength(file);
        if (length > RevocationLimits.File)
        {
            WireFormatException.Throw($"revocation list of {length} bytes exceeds {RevocationLimits.File}");
        }

        // One byte more than there should be: a file that grows meanwhile is read again rather than cut.
        var buffer = ArrayPool<byte>.Shared.Rent((int)length + 1);
        try
        {
            var read = 0;
            for (int count; (count = RandomAccess.Read(file, buffer.AsSpan(read, (int)length + 1 - read), read)) > 0;)
            {
                read += count;
            }

            if (read != length)
            {
                throw new IOException("it changed while it was read");
            }

            var content = buffer.AsSpan(0, read);
            var hash = SHA256.HashData(content);
            return known is not null && known._hash.AsSpan().SequenceEqual(hash) ? known : new RevokedKeysFile(hash, RevocationList.Read(content));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
