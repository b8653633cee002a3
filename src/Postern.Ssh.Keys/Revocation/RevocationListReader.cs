using System.Numerics;
using System.Security.Cryptography;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>
/// Reads revocation lists (PROTOCOL.krl): magic, uint32 format, uint64 version, uint64 generated, uint64 flags, string
/// reserved, string comment, then sections of a byte and a string. Where the text and OpenSSH differ, what is revoked is
/// what OpenSSH revokes: empty sections and fingerprints out of order are read.
/// </summary>
internal static class RevocationListReader
{
    public const uint FormatVersion = 1;

    // KRL_SECTION_* of PROTOCOL.krl, sections 1 and 2.
    public const byte Certificates = 1;
    public const byte ExplicitKey = 2;
    public const byte Sha1Fingerprint = 3;
    public const byte Signature = 4;
    public const byte Sha256Fingerprint = 5;
    public const byte Extension = 255;
    public const byte SerialList = 0x20;
    public const byte SerialRange = 0x21;
    public const byte SerialBitmap = 0x22;
    public const byte KeyId = 0x23;
    public const byte CertificateExtension = 0x39;

    private const string CertificateSuffix = "-cert-v01@openssh.com";

    public static ReadOnlySpan<byte> Magic => "SSHKRL\n\0"u8;

    public static RevocationList Read(ReadOnlySpan<byte> file)
    {
        if (file.Length > RevocationLimits.File)
        {
            WireFormatException.Throw($"revocation list of {file.Length} bytes exceeds {RevocationLimits.File}");
        }

        if (!file.StartsWith(Magic))
        {
            WireFormatException.Throw("not a revocation list: it does not begin as ssh-keygen -k writes them");
        }

        var reader = new WireReader(file[Magic.Length..]);
        var format = reader.ReadUInt32();
        if (format != FormatVersion)
        {
            WireFormatException.Throw($"revocation list of format {format} instead of {FormatVersion}");
        }

        var list = new RevocationList { Version = reader.ReadUInt64(), GeneratedAt = reader.ReadUInt64() };

        // Flags and reserved are to be ignored as long as no use for them is defined.
        reader.ReadUInt64();
        reader.ReadString(RevocationLimits.Comment);
        reader.ReadString(RevocationLimits.Comment);
        var entries = 0;
        while (!reader.IsAtEnd)
        {
            ReadSection(list, reader.ReadByte(), reader.ReadString(RevocationLimits.File), ref entries);
        }

        return list.Complete();
    }

    private static void ReadSection(RevocationList list, byte type, ReadOnlySpan<byte> data, ref int entries)
    {
        switch (type)
        {
            case Certificates:
                ReadCertificates(list, data, ref entries);
                break;
            case ExplicitKey:
                ReadKeys(list.Keys, data, ref entries);
                break;
            case Sha1Fingerprint:
                ReadFingerprints(list.Sha1Fingerprints, data, SHA1.HashSizeInBytes, ref entries);
                break;
            case Sha256Fingerprint:
                ReadFingerprints(list.Sha256Fingerprints, data, SHA256.HashSizeInBytes, ref entries);
                break;
            case Extension:
                ReadExtension(data);
                break;
            case Signature:
                // PROTOCOL.krl section 6: no longer supported, and one that nobody checks must not look like a check.
                WireFormatException.Throw("signed revocation lists are not supported; make it without a signature");
                break;
            default:
                WireFormatException.Throw($"revocation lists have no section {type}");
                break;
        }
    }

    private static void ReadCertificates(RevocationList list, ReadOnlySpan<byte> data, ref int entries)
    {
        var reader = new WireReader(data);
        var authority = reader.ReadString(WireLimits.KeyBlob);
        if (!authority.IsEmpty)
        {
            RequireKey(authority);
            if (list.Authorities.Count == RevocationLimits.Authorities && !list.Authorities.ContainsKey(authority.ToArray()))
            {
                WireFormatException.Throw($"more than {RevocationLimits.Authorities} authorities in a revocation list");
            }
        }

        reader.ReadString(RevocationLimits.Comment);
        var certificates = list.Of(authority);
        while (!reader.IsAtEnd)
        {
            var type = reader.ReadByte();
            var section = reader.ReadString(RevocationLimits.File);
            switch (type)
            {
                case SerialList:
                    ReadSerialList(certificates.Serials, section, ref entries);
                    break;
                case SerialRange:
                    ReadSerialRange(certificates.Serials, section, ref entries);
                    break;
                case SerialBitmap:
                    ReadSerialBitmap(certificates.Serials, section, ref entries);
                    break;
                case KeyId:
                    ReadKeyIds(certificates.KeyIds, section, ref entries);
                    break;
                case CertificateExtension:
                    ReadExtension(section);
                    break;
                default:
                    WireFormatException.Throw($"certificate sections of revocation lists have no part {type}");
                    break;
            }
        }
    }

    private static void ReadSerialList(SerialRanges serials, ReadOnlySpan<byte> section, ref int entries)
    {
        var reader = new WireReader(section);
        while (!reader.IsAtEnd)
        {
            var serial = reader.ReadUInt64();
            Add(serials, serial, serial, ref entries);
        }
    }

    private static void ReadSerialRange(SerialRanges serials, ReadOnlySpan<byte> section, ref int entries)
    {
        var reader = new WireReader(section);
        var low = reader.ReadUInt64();
        var high = reader.ReadUInt64();
        reader.RequireEnd();
        if (low > high)
        {
            WireFormatException.Throw("a range of revoked serials ends before it begins");
        }

        Add(serials, low, high, ref entries);
    }

    private static void ReadSerialBitmap(SerialRanges serials, ReadOnlySpan<byte> section, ref int entries)
    {
        var reader = new WireReader(section);
        var offset = reader.ReadUInt64();

        // As OpenSSH, and unlike other numbers, with needless zeros in front.
        var bits = reader.ReadString(RevocationLimits.Bitmap + 1);
        reader.RequireEnd();
        if (!bits.IsEmpty && (bits[0] & 0x80) != 0)
        {
            WireFormatException.Throw("a bitmap of revoked serials is negative");
        }

        bits = bits.TrimStart((byte)0);
        if (bits.IsEmpty)
        {
            return;
        }

        var highest = (((ulong)bits.Length - 1) * 8) + (ulong)BitOperations.Log2(bits[0]);
        if (highest > ulong.MaxValue - offset)
        {
            WireFormatException.Throw("a bitmap of revoked serials goes beyond the largest serial");
        }

        for (var i = bits.Length - 1; i >= 0; i--)
        {
            var at = offset + ((ulong)(bits.Length - 1 - i) * 8);
            for (uint rest = bits[i]; rest != 0; rest &= rest - 1)
            {
                var serial = at + (ulong)BitOperations.TrailingZeroCount(rest);
                Add(serials, serial, serial, ref entries);
            }
        }
    }

    private static void Add(SerialRanges serials, ulong low, ulong high, ref int entries)
    {
        if (low == 0)
        {
            WireFormatException.Throw("serial 0 stands for no serial and cannot be revoked");
        }

        var before = serials.Count;
        serials.Add(low, high);
        Count(ref entries, serials.Count - before);
    }

    private static void ReadKeyIds(HashSet<byte[]> keyIds, ReadOnlySpan<byte> section, ref int entries)
    {
        var reader = new WireReader(section);
        while (!reader.IsAtEnd)
        {
            var keyId = reader.ReadString(RevocationLimits.KeyId);
            if (keyId.Contains((byte)0))
            {
                WireFormatException.Throw("a revoked key id holds a NUL");
            }

            Count(ref entries, 1);
            keyIds.Add(keyId.ToArray());
        }
    }

    private static void ReadKeys(HashSet<byte[]> keys, ReadOnlySpan<byte> section, ref int entries)
    {
        var reader = new WireReader(section);
        while (!reader.IsAtEnd)
        {
            var key = reader.ReadString(WireLimits.KeyBlob);
            RequireKey(key);
            Count(ref entries, 1);
            keys.Add(key.ToArray());
        }
    }

    private static void ReadFingerprints(HashSet<byte[]> fingerprints, ReadOnlySpan<byte> section, int size, ref int entries)
    {
        var reader = new WireReader(section);
        while (!reader.IsAtEnd)
        {
            var fingerprint = reader.ReadString(SHA256.HashSizeInBytes);
            if (fingerprint.Length != size)
            {
                WireFormatException.Throw($"a revoked fingerprint of {fingerprint.Length} bytes instead of {size}");
            }

            Count(ref entries, 1);
            fingerprints.Add(fingerprint.ToArray());
        }
    }

    private static void ReadExtension(ReadOnlySpan<byte> section)
    {
        var reader = new WireReader(section);
        reader.ReadString(WireLimits.ExtendedName);
        var isCritical = reader.ReadBoolean();
        reader.ReadString(RevocationLimits.File);
        reader.RequireEnd();
        if (isCritical)
        {
            WireFormatException.Throw("the revocation list has a critical extension that is not known");
        }
    }

    /// <summary>
    /// Requires the frame of a key: a type and fields. Keys of types and sizes that are never accepted may be listed all
    /// the same, and do no harm; a certificate may not, since it would look revoked and not be.
    /// </summary>
    private static void RequireKey(ReadOnlySpan<byte> blob)
    {
        var reader = new WireReader(blob);
        var type = reader.ReadName(WireLimits.Name);
        if (type.Length == 0 || reader.IsAtEnd || type.EndsWith(CertificateSuffix, StringComparison.Ordinal))
        {
            WireFormatException.Throw("a revocation list names something that is not a key");
        }

        while (!reader.IsAtEnd)
        {
            reader.ReadString(WireLimits.KeyBlob);
        }
    }

    private static void Count(ref int entries, int more)
    {
        entries += more;
        if (entries > RevocationLimits.Entries)
        {
            WireFormatException.Throw($"more than {RevocationLimits.Entries} entries in a revocation list");
        }
    }
}
