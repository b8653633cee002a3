using System.Security.Cryptography;
using System.Text;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>Collects what is revoked and writes it as a list that OpenSSH reads (PROTOCOL.krl). Not safe for several threads.</summary>
public sealed class RevocationListBuilder
{
    // What OpenSSH reads of a bitmap, as of every number: 16384 bits, of which the offset is the lowest.
    private const int BitmapBits = 16384;

    private readonly RevocationList _list = new();

    /// <summary>Revokes a key, the certificates for it, and, when it is an authority's, all that it signed.</summary>
    public RevocationListBuilder RevokeKey(PublicKey key)
    {
        _list.Keys.Add(key.Blob.ToArray());
        return this;
    }

    /// <summary>The same by fingerprint of the key's wire form: 20 bytes of SHA-1 or 32 of SHA-256; other lengths throw.</summary>
    public RevocationListBuilder RevokeFingerprint(ReadOnlySpan<byte> fingerprint)
    {
        var fingerprints = fingerprint.Length switch
        {
            SHA1.HashSizeInBytes => _list.Sha1Fingerprints,
            SHA256.HashSizeInBytes => _list.Sha256Fingerprints,
            _ => throw new ArgumentException("a fingerprint is 20 bytes of SHA-1 or 32 of SHA-256", nameof(fingerprint)),
        };
        fingerprints.Add(fingerprint.ToArray());
        return this;
    }

    /// <summary>Revokes certificates by serial, both ends included; 0 stands for no serial and throws.</summary>
    /// <param name="authority">Whose certificates, or null for every authority's.</param>
    /// <param name="low">The first serial.</param>
    /// <param name="high">The last one.</param>
    public RevocationListBuilder RevokeSerials(PublicKey? authority, ulong low, ulong high)
    {
        ArgumentOutOfRangeException.ThrowIfZero(low);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(low, high);
        _list.Of(authority is null ? default : authority.Blob.Span).Serials.Add(low, high);
        return this;
    }

    /// <summary>Revokes certificates by key id, compared exactly; a NUL in it throws.</summary>
    /// <param name="authority">Whose certificates, or null for every authority's.</param>
    /// <param name="keyId">The key id.</param>
    public RevocationListBuilder RevokeKeyId(PublicKey? authority, string keyId)
    {
        if (keyId.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("a key id holds no NUL", nameof(keyId));
        }

        _list.Of(authority is null ? default : authority.Blob.Span).KeyIds.Add(Encoding.UTF8.GetBytes(keyId));
        return this;
    }

    /// <summary>
    /// Writes the list. Throws <see cref="WireFormatException"/> when it is beyond <see cref="RevocationLimits"/>.
    /// </summary>
    /// <param name="version">A number that rises with every change.</param>
    /// <param name="generatedAt">The time of writing.</param>
    /// <param name="comment">Text for people, not looked at.</param>
    public byte[] Write(ulong version, DateTimeOffset generatedAt, string comment = "")
    {
        _list.Complete();
        var file = new SectionWriter();
        file.AddBytes(RevocationListReader.Magic);
        file.AddUInt32(RevocationListReader.FormatVersion);
        file.AddUInt64(version);
        file.AddUInt64((ulong)Math.Max(0, generatedAt.ToUnixTimeSeconds()));
        file.AddUInt64(0);
        file.AddString([]);
        file.AddString(Encoding.UTF8.GetBytes(comment));
        AddCertificates(file, []);
        foreach (var authority in _list.Authorities.Keys)
        {
            AddCertificates(file, authority);
        }

        AddBlobs(file, RevocationListReader.ExplicitKey, _list.Keys);
        AddBlobs(file, RevocationListReader.Sha1Fingerprint, _list.Sha1Fingerprints);
        AddBlobs(file, RevocationListReader.Sha256Fingerprint, _list.Sha256Fingerprints);

        // What this cannot read, nobody is to be given.
        var written = file.Written.ToArray();
        RevocationList.Read(written);
        return written;
    }

    private static void AddBlobs(SectionWriter file, byte type, HashSet<byte[]> blobs)
    {
        if (blobs.Count == 0)
        {
            return;
        }

        // In numeric order, which the format asks for.
        var section = new SectionWriter();
        foreach (var blob in blobs.Order(Comparer<byte[]>.Create((x, y) => x.AsSpan().SequenceCompareTo(y))))
        {
            section.AddString(blob);
        }

        file.AddSection(type, section.Written);
    }

    private void AddCertificates(SectionWriter file, byte[] authority)
    {
        var certificates = _list.Of(authority);
        if (certificates.Serials.Count == 0 && certificates.KeyIds.Count == 0)
        {
            return;
        }

        var section = new SectionWriter();
        section.AddString(authority);
        section.AddString([]);
        AddSerials(section, certificates.Serials.Sorted);
        AddBlobs(section, RevocationListReader.KeyId, certificates.KeyIds);
        file.AddSection(RevocationListReader.Certificates, section.Written);
    }

    private static void AddSerials(SectionWriter section, IReadOnlyList<(ulong Low, ulong High)> ranges)
    {
        var singles = new SectionWriter();
        for (var i = 0; i < ranges.Count;)
        {
            var (low, high) = ranges[i];
            var end = EndOfBitmap(ranges, i);
            if (end > i)
            {
                section.AddSection(RevocationListReader.SerialBitmap, Bitmap(ranges, i, end));
                i = end;
                continue;
            }

            if (low == high)
            {
                singles.AddUInt64(low);
            }
            else
            {
                var range = new SectionWriter();
                range.AddUInt64(low);
                range.AddUInt64(high);
                section.AddSection(RevocationListReader.SerialRange, range.Written);
            }

            i++;
        }

        if (singles.Written.Length > 0)
        {
            section.AddSection(RevocationListReader.SerialList, singles.Written);
        }
    }

    /// <summary>Where the ranges end that a bitmap from <paramref name="start"/> on holds in fewer bytes, or the start when none does.</summary>
    private static int EndOfBitmap(IReadOnlyList<(ulong Low, ulong High)> ranges, int start)
    {
        const int BytesOfBitmap = 1 + 4 + 8 + 4 + 1;
        const int BytesOfSerial = 8;
        var best = start;
        for (var i = start; i < ranges.Count && ranges[i].High - ranges[start].Low < BitmapBits; i++)
        {
            var bytes = BytesOfBitmap + (int)((ranges[i].High - ranges[start].Low) / 8) + 1;
            if (bytes < BytesOfSerial * (i - start + 1))
            {
                best = i + 1;
            }
        }

        return best;
    }

    private static ReadOnlySpan<byte> Bitmap(IReadOnlyList<(ulong Low, ulong High)> ranges, int start, int end)
    {
        var offset = ranges[start].Low;
        var bits = new byte[((int)(ranges[end - 1].High - offset) / 8) + 1];
        for (var i = start; i < end; i++)
        {
            for (var bit = (int)(ranges[i].Low - offset); bit <= (int)(ranges[i].High - offset); bit++)
            {
                bits[^((bit / 8) + 1)] |= (byte)(1 << (bit % 8));
            }
        }

        var section = new SectionWriter();
        section.AddUInt64(offset);

        // An mpint: a number whose first bit is set gets a zero in front.
        section.AddString((bits[0] & 0x80) != 0 ? [0, .. bits] : bits);
        return section.Written;
    }
}
