using System.Text;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys.Tests;

/// <summary>Certificates that are truly signed, by an authority that signs nonsense.</summary>
public sealed class CertificateReaderTests : IDisposable
{
    private readonly CertificateWorkshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void Certificate_AsTheWorkshopMakesIt_IsRead()
    {
        var certificate = Certificate.Read(_workshop.Forge());
        Assert.Equal(["alice"], certificate.Principals);
        Assert.Equal(_workshop.Holder.PublicKey, certificate.Key);
    }

    // Item 16: a certificate as signature key, nested once and many times.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(8)]
    public void SignatureKey_ThatIsACertificate_IsRefused(int depth)
    {
        var inner = _workshop.Forge();
        for (var i = 0; i < depth; i++)
        {
            inner = _workshop.Forge(signatureKey: inner);
        }

        AssertRefused(inner, "a certificate stands where a key is wanted");
    }

    // Item 16: the certificate that nests as deep as its size allows does not use up the stack.
    [Fact]
    public void SignatureKey_NestedToTheLimit_IsRefused()
    {
        var inner = _workshop.Forge();
        while (inner.Length < WireLimits.KeyBlob - 512)
        {
            inner = _workshop.Forge(signatureKey: inner);
        }

        AssertRefused(inner, "a certificate stands where a key is wanted");
    }

    // Item 23.
    [Fact]
    public void SignatureKey_OfUnknownType_IsRefused()
    {
        var writer = new WireWriter(new byte[64]);
        writer.WriteText("ssh-dss");
        writer.WriteString(new byte[20]);
        AssertRefused(_workshop.Forge(signatureKey: writer.Written.ToArray()), "not supported");
    }

    // Item 23: the size is looked at before anything is computed, in the authority's key and in the certified one.
    [Theory]
    [InlineData(1024)]
    [InlineData(2040)]
    [InlineData(16392)]
    public void RsaKey_OfASizeThatIsNeverAccepted_RefusesTheCertificate(int bits)
    {
        var modulus = new byte[bits / 8];
        modulus.AsSpan().Fill(0xff);
        var key = new WireWriter(new byte[4096]);
        key.WriteText("ssh-rsa");
        key.WriteMpint([1, 0, 1]);
        key.WriteMpint(modulus);
        AssertRefused(_workshop.Forge(signatureKey: key.Written.ToArray()), bits > 16384 ? "exceeds" : $"an RSA modulus of {bits} bits");

        var certificate = new WireWriter(new byte[8192]);
        certificate.WriteText("ssh-rsa-cert-v01@openssh.com");
        certificate.WriteString(new byte[32]);
        certificate.WriteMpint([1, 0, 1]);
        certificate.WriteMpint(modulus);
        AssertRefused(certificate.Written.ToArray(), bits > 16384 ? "exceeds" : $"an RSA modulus of {bits} bits");
    }

    [Fact]
    public void SignatureKey_OfAnotherSigner_IsRefused()
    {
        using var other = Ed25519PrivateKey.Generate();
        AssertRefused(_workshop.Forge(signatureKey: other.PublicKey.Blob.ToArray()), "signature does not verify");
    }

    [Theory]
    [InlineData("ssh-ed25519")]
    [InlineData("ssh-ed25519-cert-v00@openssh.com")]
    [InlineData("rsa-sha2-512-cert-v01@openssh.com")]
    [InlineData("ssh-dss-cert-v01@openssh.com")]
    public void Type_ThatIsNoCertificates_IsRefused(string type) => AssertRefused(_workshop.Forge(type), "certificate type is not supported");

    [Theory]
    [InlineData(0u)]
    [InlineData(3u)]
    [InlineData(uint.MaxValue)]
    public void Kind_ThatIsNeitherUserNorHost_IsRefused(uint kind) => AssertRefused(_workshop.Forge(kind: kind), "no kind");

    // Items 19 and 27.
    [Theory]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("\u001b[2J")]
    [InlineData("a\u009bb")]
    public void Name_WithControlCharacters_IsRefused(string name)
    {
        AssertRefused(_workshop.Forge(keyId: Encoding.UTF8.GetBytes(name)), "key id holds control characters");
        AssertRefused(_workshop.Forge(principals: (ref WireWriter w) => w.WriteText(name)), "principal holds control characters");
        AssertRefused(_workshop.Forge(extensions: (ref WireWriter w) => Option(ref w, name, "")), "name holds the byte");
    }

    [Fact]
    public void Name_ThatIsNotUtf8_IsRefused()
    {
        AssertRefused(_workshop.Forge(keyId: [0xc3, 0x28]), "not UTF-8");
        AssertRefused(_workshop.Forge(principals: (ref WireWriter w) => w.WriteString([0xff])), "not UTF-8");
    }

    // Item 19: a comma, a blank and letters of all the world are a part of the name.
    [Theory]
    [InlineData("alice,root")]
    [InlineData(" alice ")]
    [InlineData("älice")]
    [InlineData("*")]
    public void Principal_IsOneNameWhateverItHolds(string name)
    {
        var certificate = Certificate.Read(_workshop.Forge(principals: (ref WireWriter w) => w.WriteText(name)));
        Assert.Equal([name], certificate.Principals);
    }

    [Fact]
    public void Principal_OfNoLengthOrTooMuch_IsRefused()
    {
        AssertRefused(_workshop.Forge(principals: (ref WireWriter w) => w.WriteText("")), "principal is empty");
        AssertRefused(_workshop.Forge(principals: (ref WireWriter w) => w.WriteText(new string('a', 64 * 1024))), "exceeds");
        AssertRefused(_workshop.Forge(principals: (ref WireWriter w) => w.WriteText(new string('a', CertificateLimits.Principal + 1))), "exceeds 1024");
        AssertRefused(_workshop.Forge(principals: (ref WireWriter w) => w.WriteUInt32(1)), "1 bytes needed");
    }

    [Theory]
    [InlineData(CertificateLimits.Principals, true)]
    [InlineData(CertificateLimits.Principals + 1, false)]
    public void Principals_AreLimitedInNumber(int count, bool isRead)
    {
        var blob = _workshop.Forge(principals: (ref WireWriter w) =>
        {
            for (var i = 0; i < count; i++)
            {
                w.WriteText("p" + i);
            }
        });
        if (isRead)
        {
            Assert.Equal(count, Certificate.Read(blob).Principals.Count);
        }
        else
        {
            AssertRefused(blob, "more than 256 principals");
        }
    }

    // Item 22.
    [Fact]
    public void Options_OutOfOrderOrRepeated_AreRefused()
    {
        CertificateWorkshop.Field repeated = (ref WireWriter w) =>
        {
            Option(ref w, "a", "");
            Option(ref w, "a", "");
        };
        CertificateWorkshop.Field unsorted = (ref WireWriter w) =>
        {
            Option(ref w, "b", "");
            Option(ref w, "a", "");
        };
        AssertRefused(_workshop.Forge(criticalOptions: repeated), "lexical order, or one is repeated");
        AssertRefused(_workshop.Forge(criticalOptions: unsorted), "lexical order");
        AssertRefused(_workshop.Forge(extensions: repeated), "lexical order, or one is repeated");
        AssertRefused(_workshop.Forge(extensions: unsorted), "lexical order");
    }

    // Item 22: bytes after the end, anywhere.
    [Fact]
    public void Options_WithBytesAfterTheirEnd_AreRefused()
    {
        AssertRefused(_workshop.Forge(extensions: (ref WireWriter w) => w.WriteByte(0)), "4 bytes needed");
        AssertRefused(
            _workshop.Forge(extensions: (ref WireWriter w) =>
            {
                w.WriteText("a");
                w.WriteString([0, 0, 0, 1, 0x78, 0]);
            }),
            "after the last field");
        AssertRefused(
            _workshop.Forge(extensions: (ref WireWriter w) =>
            {
                w.WriteText("a");
                w.WriteText("not wrapped");
            }),
            "exceeds");
    }

    [Fact]
    public void Options_WithoutNameOrTooMany_AreRefused()
    {
        AssertRefused(_workshop.Forge(criticalOptions: (ref WireWriter w) => Option(ref w, "", "")), "no name");
        AssertRefused(
            _workshop.Forge(extensions: (ref WireWriter w) =>
            {
                for (var i = 0; i <= CertificateLimits.Options; i++)
                {
                    Option(ref w, $"option{i:d4}", "");
                }
            }),
            "more than 128 options");
        AssertRefused(
            _workshop.Forge(extensions: (ref WireWriter w) => Option(ref w, "a", new string('x', CertificateLimits.OptionValue))), "exceeds");
    }

    [Fact]
    public void Certificate_BeyondTheLimits_IsRefused()
    {
        AssertRefused(_workshop.Forge(nonceSize: CertificateLimits.Nonce + 1), "exceeds 256");
        AssertRefused(_workshop.Forge(keyId: new byte[CertificateLimits.KeyId + 1]), "exceeds 1024");
        AssertRefused(_workshop.Forge(reservedSize: CertificateLimits.Reserved + 1), "exceeds 1024");
        AssertRefused(new byte[WireLimits.KeyBlob + 1], "exceeds 65536");
        AssertRefused([], "4 bytes needed");
    }

    [Fact]
    public void Line_WithAnotherTypeThanItsCertificate_IsRefused()
    {
        var encoded = Convert.ToBase64String(_workshop.Forge());
        Assert.Throws<WireFormatException>(() => Certificate.Parse("ssh-rsa-cert-v01@openssh.com " + encoded));
        Assert.Throws<WireFormatException>(() => PublicKey.ParseAuthorizedKey("ssh-ed25519-cert-v01@openssh.com " + encoded));
        Assert.Equal(encoded, Convert.ToBase64String(Certificate.Parse("ssh-ed25519-cert-v01@openssh.com " + encoded + " note").Blob.Span));
    }

    private static void Option(ref WireWriter writer, string name, string value)
    {
        writer.WriteText(name);
        if (value.Length == 0)
        {
            writer.WriteUInt32(0);
            return;
        }

        writer.WriteUInt32((uint)Encoding.UTF8.GetByteCount(value) + 4);
        writer.WriteText(value);
    }

    private static void AssertRefused(byte[] blob, string reason)
    {
        var exception = Assert.Throws<WireFormatException>(() => Certificate.Read(blob));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }
}
