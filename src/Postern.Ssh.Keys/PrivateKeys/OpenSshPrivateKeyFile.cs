using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>
/// Private keys in the file format of OpenSSH (PROTOCOL.key), without a passphrase: magic, cipher, key derivation and
/// its options, number of keys, public key, private section (two equal check numbers, type, the type's own fields,
/// comment, padding 1, 2, 3, ...). Ed25519, ECDSA and RSA keys can be kept so.
/// </summary>
public static class OpenSshPrivateKeyFile
{
    /// <summary>Bytes of the longest file that is read; an Ed25519 one has about 400, RSA of 16384 bits about 13,000.</summary>
    public const int MaximumSize = 16 * 1024;

    private const string None = "none";
    private const int BlockSize = 8; // What ciphers of the format are padded to, "none" as well.
    private const int LineLength = 70;

    /// <summary>Bytes beyond keys and comment: magic, names, lengths, check numbers and padding, rounded up.</summary>
    private const int FixedSize = 128;

    private static ReadOnlySpan<byte> Begin => "-----BEGIN OPENSSH PRIVATE KEY-----"u8;

    private static ReadOnlySpan<byte> End => "-----END OPENSSH PRIVATE KEY-----"u8;

    private static ReadOnlySpan<byte> Magic => "openssh-key-v1\0"u8;

    /// <summary>
    /// Reads a file's content. Throws <see cref="WireFormatException"/> when it is malformed, encrypted, holds an
    /// unknown type of key or several, or when its halves do not belong together.
    /// </summary>
    public static PrivateKey Read(ReadOnlySpan<byte> file)
    {
        if (file.Length > MaximumSize)
        {
            WireFormatException.Throw($"private key file of {file.Length} bytes exceeds {MaximumSize}");
        }

        var text = file.Trim(" \t\r\n"u8);
        if (!text.StartsWith(Begin) || !text.EndsWith(End) || text.Length < Begin.Length + End.Length)
        {
            WireFormatException.Throw("the file does not begin and end as OpenSSH private keys do");
        }

        var encoded = text[Begin.Length..^End.Length];
        var decoded = GC.AllocateUninitializedArray<byte>(encoded.Length, pinned: true);
        try
        {
            if (Base64.DecodeFromUtf8(encoded, decoded, out _, out var length) != OperationStatus.Done)
            {
                WireFormatException.Throw("the private key file is not base64 between its first and last line");
            }

            return ReadDecoded(decoded.AsSpan(0, length));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(decoded);
        }
    }

    /// <summary>
    /// Writes the content of a file that <c>ssh</c> reads. The caller clears it after use, and gives the file mode 0600.
    /// </summary>
    /// <param name="key">The key.</param>
    /// <param name="comment">A note for people, at most 1 KiB.</param>
    public static byte[] Write(PrivateKey key, string comment)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(comment.Length, 1024, nameof(comment));
        var size = FixedSize + (2 * key.PublicKey.Blob.Length) + key.FieldsSize + Encoding.UTF8.GetByteCount(comment);
        var buffer = GC.AllocateArray<byte>(size, pinned: true);
        try
        {
            var writer = new WireWriter(buffer);
            writer.WriteBytes(Magic);
            writer.WriteText(None);
            writer.WriteText(None);
            writer.WriteUInt32(0);
            writer.WriteUInt32(1);
            writer.WriteString(key.PublicKey.Blob.Span);
            WritePrivateSection(ref writer, key, comment);
            return Wrap(writer.Written);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    private static PrivateKey ReadDecoded(ReadOnlySpan<byte> bytes)
    {
        var reader = new WireReader(bytes);
        if (!reader.ReadBytes(Magic.Length).SequenceEqual(Magic))
        {
            WireFormatException.Throw("the private key file is not of the format openssh-key-v1");
        }

        var cipher = reader.ReadName(WireLimits.Name);
        var derivation = reader.ReadName(WireLimits.Name);
        if (cipher != None || derivation != None)
        {
            WireFormatException.Throw("the private key file is encrypted; remove its passphrase with ssh-keygen -p");
        }

        if (!reader.ReadString(0).IsEmpty || reader.ReadUInt32() != 1)
        {
            WireFormatException.Throw("the private key file does not hold exactly one key");
        }

        var publicKey = PublicKey.Read(reader.ReadString(WireLimits.KeyBlob));
        var section = new WireReader(reader.ReadString(MaximumSize));
        reader.RequireEnd();
        return ReadPrivateSection(ref section, publicKey);
    }

    private static PrivateKey ReadPrivateSection(scoped ref WireReader reader, PublicKey publicKey)
    {
        if (reader.ReadUInt32() != reader.ReadUInt32())
        {
            WireFormatException.Throw("the two check numbers of the private key file differ");
        }

        var key = PrivateKey.ReadFields(reader.ReadName(WireLimits.Name), ref reader);
        try
        {
            if (!key.PublicKey.Equals(publicKey))
            {
                WireFormatException.Throw("the private key does not belong to the public key in its file");
            }

            ReadCommentAndPadding(ref reader);
            return key;
        }
        catch (WireFormatException)
        {
            key.Dispose();
            throw;
        }
    }

    private static void ReadCommentAndPadding(scoped ref WireReader reader)
    {
        reader.ReadString(MaximumSize);
        for (byte expected = 1; !reader.IsAtEnd; expected++)
        {
            if (expected > BlockSize || reader.ReadByte() != expected)
            {
                WireFormatException.Throw("the padding of the private key file is wrong");
            }
        }
    }

    private static void WritePrivateSection(scoped ref WireWriter writer, PrivateKey key, string comment)
    {
        var buffer = GC.AllocateArray<byte>(FixedSize + key.FieldsSize + key.PublicKey.Type.Length + Encoding.UTF8.GetByteCount(comment), pinned: true);
        try
        {
            var section = new WireWriter(buffer);

            // Equal numbers tell a right passphrase from a wrong one; without a passphrase any do.
            section.WriteUInt32(0);
            section.WriteUInt32(0);
            section.WriteText(key.PublicKey.Type);
            key.WriteFields(ref section);
            section.WriteText(comment);
            for (byte i = 1; section.Written.Length % BlockSize != 0; i++)
            {
                section.WriteByte(i);
            }

            writer.WriteString(section.Written);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    private static byte[] Wrap(ReadOnlySpan<byte> bytes)
    {
        var encoded = new byte[Base64.GetMaxEncodedToUtf8Length(bytes.Length)];
        Base64.EncodeToUtf8(bytes, encoded, out _, out var length);
        var lines = (length + LineLength - 1) / LineLength;
        var file = new byte[Begin.Length + 1 + length + lines + End.Length + 1];
        var rest = file.AsSpan();
        Append(ref rest, Begin);
        for (var start = 0; start < length; start += LineLength)
        {
            Append(ref rest, encoded.AsSpan(start, Math.Min(LineLength, length - start)));
        }

        Append(ref rest, End);
        CryptographicOperations.ZeroMemory(encoded);
        return file;
    }

    private static void Append(scoped ref Span<byte> rest, scoped ReadOnlySpan<byte> line)
    {
        line.CopyTo(rest);
        rest[line.Length] = (byte)'\n';
        rest = rest[(line.Length + 1)..];
    }
}
