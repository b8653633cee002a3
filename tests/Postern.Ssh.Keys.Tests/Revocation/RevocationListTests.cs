using System.Security.Cryptography;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys.Tests;

/// <summary>Revocation lists field by field, hostile ones among them. Lists of ssh-keygen are in <see cref="RealRevocationListTests"/>.</summary>
public sealed class RevocationListTests : IDisposable
{
    private readonly CertificateWorkshop _workshop = new();
    private readonly Ed25519PrivateKey _other = Ed25519PrivateKey.Generate();

    /// <summary>Writes the content of a section.</summary>
    private delegate void Content(ref WireWriter writer);

    public void Dispose()
    {
        _workshop.Dispose();
        _other.Dispose();
    }

    // Security 24: by key, serial, key id and authority, all at once.
    [Fact]
    public void List_WithEverything_RevokesEachAndNothingElse()
    {
        var authority = _workshop.Authority.PublicKey;
        var list = RevocationList.Read(new RevocationListBuilder()
            .RevokeKey(_other.PublicKey)
            .RevokeSerials(authority, 7, 9)
            .RevokeSerials(null, 20, 20)
            .RevokeKeyId(authority, "bob")
            .RevokeKeyId(null, "carol")
            .Write(3, DateTimeOffset.FromUnixTimeSeconds(5), "a comment"));

        Assert.Equal((3ul, 5ul), (list.Version, list.GeneratedAt));
        Assert.Equal(Revocation.None, list.Find(Sign(1, "alice")));
        Assert.Equal(Revocation.Serial, list.Find(Sign(7, "alice")));
        Assert.Equal(Revocation.Serial, list.Find(Sign(9, "alice")));
        Assert.Equal(Revocation.None, list.Find(Sign(6, "alice")));
        Assert.Equal(Revocation.None, list.Find(Sign(10, "alice")));
        Assert.Equal(Revocation.Serial, list.Find(Sign(20, "alice")));
        Assert.Equal(Revocation.KeyId, list.Find(Sign(1, "bob")));
        Assert.Equal(Revocation.KeyId, list.Find(Sign(1, "carol")));
        Assert.Equal(Revocation.None, list.Find(Sign(1, "Bob")));
        Assert.Equal(Revocation.None, list.Find(Sign(1, "bo")));
        Assert.Equal(Revocation.Key, list.Find(_other.PublicKey));
        Assert.Equal(Revocation.None, list.Find(_workshop.Holder.PublicKey));

        // Another authority's certificates are only subject to what is said of all.
        var key = _workshop.Holder.PublicKey;
        using var third = Ed25519PrivateKey.Generate();
        Assert.Equal(Revocation.None, list.Find(key, third.PublicKey, 7, "bob"));
        Assert.Equal(Revocation.Serial, list.Find(key, third.PublicKey, 20, "bob"));
        Assert.Equal(Revocation.KeyId, list.Find(key, third.PublicKey, 7, "carol"));
        Assert.Equal(Revocation.Authority, list.Find(key, _other.PublicKey, 1, "alice"));
        Assert.Equal(Revocation.Key, list.Find(_other.PublicKey, third.PublicKey, 1, "alice"));
    }

    [Theory]
    [InlineData("key")]
    [InlineData("sha1")]
    [InlineData("sha256")]
    public void Key_ThatIsListed_RevokesItselfItsCertificatesAndWhatItSigned(string how)
    {
        foreach (var (listed, expected) in new[] { (_workshop.Holder, Revocation.Key), (_workshop.Authority, Revocation.Authority) })
        {
            var blob = listed.PublicKey.Blob.Span;
            var builder = new RevocationListBuilder();
#pragma warning disable CA5350 // The format has SHA-1 fingerprints.
            _ = how switch
            {
                "key" => builder.RevokeKey(listed.PublicKey),
                "sha1" => builder.RevokeFingerprint(SHA1.HashData(blob)),
                _ => builder.RevokeFingerprint(SHA256.HashData(blob)),
            };
#pragma warning restore CA5350
            var list = RevocationList.Read(builder.Write(1, DateTimeOffset.UnixEpoch));
            Assert.Equal(Revocation.Key, list.Find(listed.PublicKey));
            Assert.Equal(expected, list.Find(Sign(1, "alice")));
            Assert.Equal(Revocation.None, list.Find(_other.PublicKey));
        }
    }

    [Fact]
    public void Serial0_IsNoSerial()
    {
        var list = RevocationList.Read(new RevocationListBuilder().RevokeSerials(null, 1, ulong.MaxValue).Write(1, DateTimeOffset.UnixEpoch));
        Assert.Equal(Revocation.None, list.Find(Sign(0, "alice")));
        Assert.Equal(Revocation.Serial, list.Find(Sign(1, "alice")));
        Assert.Equal(Revocation.Serial, list.Find(Sign(ulong.MaxValue, "alice")));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RevocationListBuilder().RevokeSerials(null, 0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RevocationListBuilder().RevokeSerials(null, 2, 1));
    }

    [Fact]
    public void EmptyList_RevokesNothing()
    {
        var list = RevocationList.Read(Header());
        Assert.Equal(Revocation.None, list.Find(Sign(1, "alice")));
        Assert.Equal(Revocation.None, list.Find(_other.PublicKey));
    }

    [Fact]
    public void Bitmap_RevokesTheSerialsOfItsBits()
    {
        var list = RevocationList.Read(Certificates(0x22, (ref WireWriter w) =>
        {
            w.WriteUInt64(100);
            w.WriteString([0, 0x80, 0, 5]);
        }));
        Assert.All([100ul, 102ul, 123ul], serial => Assert.Equal(Revocation.Serial, list.Find(Sign(serial, "alice"))));
        Assert.All([99ul, 101ul, 103ul, 122ul, 124ul], serial => Assert.Equal(Revocation.None, list.Find(Sign(serial, "alice"))));
    }

    [Theory]
    [InlineData(0, new byte[] { 1 }, "serial 0")]
    [InlineData(ulong.MaxValue, new byte[] { 2 }, "beyond the largest serial")]
    [InlineData(ulong.MaxValue - 7, new byte[] { 1, 0 }, "beyond the largest serial")]
    [InlineData(1, new byte[] { 0x80 }, "negative")]
    public void Bitmap_OfSerialsThatAreNone_IsRefused(ulong offset, byte[] bits, string reason) =>
        AssertRefused(
            Certificates(0x22, (ref WireWriter w) =>
            {
                w.WriteUInt64(offset);
                w.WriteString(bits);
            }),
            reason);

    [Theory]
    [InlineData(ulong.MaxValue, new byte[] { 1 })]
    [InlineData(ulong.MaxValue - 7, new byte[] { 0, 0xff })]
    [InlineData(0, new byte[] { 2 })]
    [InlineData(0, new byte[] { })]
    public void Bitmap_UpToTheLastSerial_IsRead(ulong offset, byte[] bits) =>
        RevocationList.Read(Certificates(0x22, (ref WireWriter w) =>
        {
            w.WriteUInt64(offset);
            w.WriteString(bits);
        }));

    public static TheoryData<string, byte, ulong[]> WrongSerials() => new()
    {
        { "serial 0", 0x20, [5, 0] },
        { "ends before it begins", 0x21, [9, 8] },
        { "serial 0", 0x21, [0, 8] },
        { "bytes", 0x21, [1, 2, 3] },
    };

    [Theory]
    [MemberData(nameof(WrongSerials))]
    public void Serials_ThatAreNone_AreRefused(string reason, byte section, ulong[] numbers) =>
        AssertRefused(
            Certificates(section, (ref WireWriter w) =>
            {
                foreach (var number in numbers)
                {
                    w.WriteUInt64(number);
                }
            }),
            reason);

    // Security 24: what is not understood must not be passed over.
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void Extension_RefusesTheListOnlyWhenItIsCritical(bool isCritical, bool isRead)
    {
        Content content = (ref WireWriter w) =>
        {
            w.WriteText("more@example.com");
            w.WriteBoolean(isCritical);
            w.WriteString(new byte[100]);
        };
        foreach (var file in new[] { Section(255, content), Certificates(0x39, content) })
        {
            if (isRead)
            {
                Assert.Equal(Revocation.None, RevocationList.Read(file).Find(Sign(1, "alice")));
            }
            else
            {
                AssertRefused(file, "critical extension");
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(6)]
    [InlineData(0x20)]
    [InlineData(254)]
    public void Section_ThatIsUnknownOrASignature_RefusesTheList(byte type)
    {
        AssertRefused(Section(type, (ref WireWriter w) => w.WriteString([])), type == 4 ? "signed revocation lists" : "no section");
        AssertRefused(Certificates(type == 0x20 ? (byte)0x24 : type, (ref WireWriter w) => w.WriteString([])), "no part");
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(2, 3)]
    [InlineData(3, 19)]
    [InlineData(3, 32)]
    [InlineData(5, 20)]
    [InlineData(5, 33)]
    public void Blob_OfWrongForm_IsRefused(byte section, int size) =>
        Assert.Throws<WireFormatException>(() => RevocationList.Read(Section(section, (ref WireWriter w) => w.WriteString(new byte[size]))));

    [Fact]
    public void Certificate_WhereAKeyIsWanted_IsRefused()
    {
        var certificate = Sign(1, "alice").Blob.ToArray();
        AssertRefused(Section(2, (ref WireWriter w) => w.WriteString(certificate)), "not a key");
        AssertRefused(
            Section(1, (ref WireWriter w) =>
            {
                w.WriteString(certificate);
                w.WriteString([]);
            }),
            "not a key");
    }

    [Fact]
    public void KeyOfATypeThatIsNeverAccepted_MayBeListed()
    {
        var key = new WireWriter(new byte[100]);
        key.WriteText("ssh-dss");
        key.WriteString(new byte[20]);
        var blob = key.Written.ToArray();
        Assert.Equal(Revocation.None, RevocationList.Read(Section(2, (ref WireWriter w) => w.WriteString(blob))).Find(_other.PublicKey));
    }

    [Theory]
    [InlineData(0, "does not begin")]
    [InlineData(7, "does not begin")]
    [InlineData(11, "format")]
    public void Header_WithAnotherByte_IsRefused(int at, string reason)
    {
        var file = Header();
        file[at] ^= 1;
        AssertRefused(file, reason);
    }

    [Fact]
    public void KeyId_WithNul_IsRefused()
    {
        AssertRefused(Certificates(0x23, (ref WireWriter w) => w.WriteString("a\0b"u8)), "NUL");
        Assert.Throws<ArgumentException>(() => new RevocationListBuilder().RevokeKeyId(null, "a\0b"));
    }

    // Security 24: a list that was cut while it was copied must not pass for a shorter one, except at the end of a section.
    [Fact]
    public void List_CutAnywhere_IsRefusedOrEndsWithASection()
    {
        var file = new RevocationListBuilder()
            .RevokeKey(_other.PublicKey).RevokeSerials(_workshop.Authority.PublicKey, 7, 9).RevokeKeyId(null, "bob")
            .Write(1, DateTimeOffset.UnixEpoch);
        var readable = 0;
        for (var length = 0; length < file.Length; length++)
        {
            try
            {
                RevocationList.Read(file.AsSpan(0, length));
                readable++;
            }
            catch (WireFormatException)
            {
                // As it should.
            }
        }

        Assert.Equal(3, readable);
        AssertRefused([.. file, 0], "");
    }

    [Fact]
    public void List_BeyondTheLimits_IsRefused()
    {
        AssertRefused(new byte[RevocationLimits.File + 1], "exceeds");
        AssertRefused(Certificates(0x23, (ref WireWriter w) => w.WriteString(new byte[RevocationLimits.KeyId + 1])), "exceeds");
        AssertRefused(
            Certificates(0x22, (ref WireWriter w) =>
            {
                w.WriteUInt64(1);
                w.WriteString(new byte[RevocationLimits.Bitmap + 2]);
            }),
            "exceeds");
        AssertRefused(
            Section(1, (ref WireWriter w) =>
            {
                w.WriteString([]);
                w.WriteUInt32(uint.MaxValue);
            }),
            "exceeds");
    }

    // Two mebibytes that ask for eight million entries.
    [Fact]
    public void Entries_AreLimitedInNumber()
    {
        AssertRefused(
            Certificates(0x22, (ref WireWriter w) =>
            {
                var bits = new byte[RevocationLimits.Bitmap];
                bits.AsSpan().Fill(0x55);
                w.WriteUInt64(1);
                w.WriteString(bits);
            }),
            "entries");

        // The same number in a row is one range.
        var list = RevocationList.Read(Certificates(0x22, (ref WireWriter w) =>
        {
            var bits = new byte[RevocationLimits.Bitmap];
            bits.AsSpan().Fill(0xff);
            bits[0] = 0x7f;
            w.WriteUInt64(1);
            w.WriteString(bits);
        }));
        Assert.Equal(Revocation.Serial, list.Find(Sign(1 << 23, "alice")));
        Assert.Equal(Revocation.None, list.Find(Sign(1 << 24, "alice")));
    }

    [Fact]
    public void Authorities_AreLimitedInNumber()
    {
        var writer = new WireWriter(new byte[256 * 1024]);
        writer.WriteBytes(Header());
        for (var i = 0; i <= RevocationLimits.Authorities; i++)
        {
            writer.WriteByte(1);
            writer.WriteUInt32(8 + 15 + 4);
            writer.WriteUInt32(8 + 11);
            writer.WriteText("ssh-key");
            writer.WriteUInt32(4);
            writer.WriteUInt32((uint)i);
            writer.WriteString([]);
        }

        AssertRefused(writer.Written.ToArray(), "authorities");
    }

    private static void AssertRefused(byte[] file, string reason) =>
        Assert.Contains(reason, Assert.Throws<WireFormatException>(() => RevocationList.Read(file)).Message, StringComparison.Ordinal);

    private static byte[] Header()
    {
        var writer = new WireWriter(new byte[64]);
        writer.WriteBytes("SSHKRL\n\0"u8);
        writer.WriteUInt32(1);
        writer.WriteUInt64(0);
        writer.WriteUInt64(0);
        writer.WriteUInt64(0);
        writer.WriteString([]);
        writer.WriteString([]);
        return writer.Written.ToArray();
    }

    private static byte[] Section(byte type, Content content)
    {
        var inner = new WireWriter(new byte[RevocationLimits.Bitmap + 1024]);
        content(ref inner);
        var writer = new WireWriter(new byte[inner.Position + 64]);
        writer.WriteBytes(Header());
        writer.WriteByte(type);
        writer.WriteString(inner.Written);
        return writer.Written.ToArray();
    }

    private static byte[] Certificates(byte type, Content content) => Section(1, (ref WireWriter w) =>
    {
        var inner = new WireWriter(new byte[RevocationLimits.Bitmap + 512]);
        content(ref inner);
        w.WriteString([]);
        w.WriteString([]);
        w.WriteByte(type);
        w.WriteString(inner.Written);
    });

    private Certificate Sign(ulong serial, string keyId) => _workshop.Sign(_workshop.Statement with { Serial = serial, KeyId = keyId });
}
