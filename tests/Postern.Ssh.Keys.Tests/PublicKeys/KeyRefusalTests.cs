using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys.Tests;

/// <summary>Keys that are malformed or too weak, and lines that are no keys.</summary>
public sealed class KeyRefusalTests
{
    private static readonly byte[] Exponent = [1, 0, 1];

    // Item 23: sizes are checked before anything is computed with the number.
    [Theory]
    [InlineData(0, "0 bits")]
    [InlineData(1024, "1024 bits")]
    [InlineData(2047, "2047 bits")]
    public void RsaKey_TooShort_IsRefused(int bits, string reason) => AssertRefused(RsaKey(Exponent, Modulus(bits)), reason);

    [Fact]
    public void RsaKey_BeyondTheLargest_IsRefusedByItsLength()
    {
        AssertRefused(RsaKey(Exponent, Modulus(16392)), "exceeds");
        AssertRefused(RsaKey(Exponent, Modulus(400_000)), "exceeds");
    }

    [Theory]
    [InlineData(2048)]
    [InlineData(16384)]
    public void RsaKey_OfTheOuterSizes_IsReadAndVerifiesNothing(int bits)
    {
        var key = Assert.IsType<RsaPublicKey>(PublicKey.Read(RsaKey(Exponent, Modulus(bits))));
        Assert.Equal(bits, key.Bits);
        var signature = new WireWriter(new byte[8192]);
        signature.WriteText("rsa-sha2-512");
        signature.WriteString(new byte[bits / 8]);
        Assert.False(key.Verify("rsa-sha2-512", [1], signature.Written));
    }

    [Theory]
    [InlineData("")]
    [InlineData("01")]
    [InlineData("02")]
    [InlineData("010000")]
    [InlineData("010000000000000001")]
    public void RsaKey_WithBadExponent_IsRefused(string exponent) =>
        AssertRefused(RsaKey(Convert.FromHexString(exponent), Modulus(2048)), "RSA exponent");

    [Fact]
    public void RsaKey_WithEvenModulus_IsRefused()
    {
        var modulus = Modulus(2048);
        modulus[^1] = 0xfe;
        AssertRefused(RsaKey(Exponent, modulus), "RSA exponent or modulus");
    }

    // The point (1, 1) is on none of the curves, and neither is a coordinate as large as the field.
    [Theory]
    [InlineData("nistp256", 32)]
    [InlineData("nistp384", 48)]
    [InlineData("nistp521", 66)]
    public void EcdsaKey_WithPointOffTheCurve_IsRefused(string curve, int size)
    {
        var one = new byte[size];
        one[^1] = 1;
        var large = new byte[size];
        large.AsSpan().Fill(0xff);
        AssertRefused(EcdsaKey(curve, curve, [4, .. one, .. one]), "not on " + curve);
        AssertRefused(EcdsaKey(curve, curve, [4, .. large, .. large]), "not on " + curve);
        AssertRefused(EcdsaKey(curve, curve, [4, .. new byte[2 * size]]), "not on " + curve);
        AssertRefused(EcdsaKey(curve, curve, [2, .. one]), "not an uncompressed");
        AssertRefused(EcdsaKey(curve, curve, [0]), "not an uncompressed");
        AssertRefused(EcdsaKey(curve, curve, []), "not an uncompressed");
        AssertRefused(EcdsaKey(curve, curve, [4, .. one, .. one, 0]), "");
    }

    [Fact]
    public void EcdsaKey_WithTheCurveOfAnotherType_IsRefused()
    {
        using var key = EcdsaPrivateKey.Generate("ecdsa-sha2-nistp256");
        var point = key.PublicKey.Blob.Span[^65..];
        AssertRefused(EcdsaKey("nistp384", "nistp256", point), "curve is not the one");
        AssertRefused(EcdsaKey("nistp256", "nistp384", point), "curve is not the one");
    }

    // Zeros and numbers beyond the group's order are no signature of anything.
    [Theory]
    [InlineData("", "")]
    [InlineData("01", "")]
    [InlineData("", "01")]
    [InlineData("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "01")]
    [InlineData("01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "01")]
    public void EcdsaSignature_OfNumbersOutsideTheGroup_DoesNotVerify(string r, string s)
    {
        using var key = EcdsaPrivateKey.Generate("ecdsa-sha2-nistp256");
        var body = new WireWriter(new byte[256]);
        body.WriteMpint(Convert.FromHexString(r));
        body.WriteMpint(Convert.FromHexString(s));
        var signature = new WireWriter(new byte[512]);
        signature.WriteText("ecdsa-sha2-nistp256");
        signature.WriteString(body.Written);
        Assert.False(key.PublicKey.Verify("ecdsa-sha2-nistp256", [1], signature.Written));
    }

    [Theory]
    [InlineData("ssh-dss")]
    [InlineData("ssh-ed448")]
    [InlineData("rsa-sha2-256")]
    [InlineData("")]
    public void Key_OfUnknownType_IsRefused(string type)
    {
        var writer = new WireWriter(new byte[64]);
        writer.WriteText(type);
        writer.WriteString(new byte[32]);
        AssertRefused(writer.Written.ToArray(), "not supported");
    }

    [Fact]
    public void Key_BeyondTheLimit_IsRefused() => AssertRefused(new byte[WireLimits.KeyBlob + 1], "exceeds");

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("ssh-ed25519")]
    [InlineData("ssh-ed25519 ")]
    [InlineData("ssh-ed25519 A")]
    [InlineData("ssh-ed25519 AAAA")]
    [InlineData("ssh-ed25519 *")]
    public void Line_ThatIsNoKey_IsRefused(string line) =>
        Assert.Throws<WireFormatException>(() => PublicKey.ParseAuthorizedKey(line));

    [Fact]
    public void Line_WithAnotherTypeThanItsKey_IsRefused()
    {
        using var key = Ed25519PrivateKey.Generate();
        var encoded = Convert.ToBase64String(key.PublicKey.Blob.Span);
        Assert.Throws<WireFormatException>(() => PublicKey.ParseAuthorizedKey("ssh-rsa " + encoded));
        Assert.Throws<WireFormatException>(() => PublicKey.ParseAuthorizedKey("SSH-ED25519 " + encoded));
    }

    // Items 19 and 27: what is more than a line does not become one, nor a comment that moves the cursor.
    [Theory]
    [InlineData("\nssh-rsa AAAA")]
    [InlineData(" a\u001b[2J")]
    [InlineData(" a\u0085b")]
    [InlineData(" a\0")]
    public void Line_WithControlCharacters_IsRefused(string tail)
    {
        using var key = Ed25519PrivateKey.Generate();
        Assert.Throws<WireFormatException>(() => PublicKey.ParseAuthorizedKey(key.PublicKey.ToAuthorizedKey() + tail));
        Assert.Throws<ArgumentException>(() => key.PublicKey.ToAuthorizedKey("a\nb"));
    }

    [Fact]
    public void Line_WithBase64OverTwoLines_IsRefused()
    {
        using var key = Ed25519PrivateKey.Generate();
        var line = key.PublicKey.ToAuthorizedKey();
        Assert.Throws<WireFormatException>(() => PublicKey.ParseAuthorizedKey(line.Insert(40, "\n")));
    }

    [Fact]
    public void Line_WithBlanksAndTabs_IsRead()
    {
        using var key = Ed25519PrivateKey.Generate();
        var encoded = Convert.ToBase64String(key.PublicKey.Blob.Span);
        var (read, comment) = PublicKey.ParseAuthorizedKey($"  ssh-ed25519\t {encoded} \t two  words \r\n");
        Assert.Equal(key.PublicKey, read);
        Assert.Equal("two  words", comment);
    }

    private static byte[] Modulus(int bits)
    {
        var modulus = new byte[(bits + 7) / 8];
        if (bits > 0)
        {
            modulus.AsSpan().Fill(0xff);
            modulus[0] = (byte)(0xff >> ((8 - (bits % 8)) % 8));
        }

        return modulus;
    }

    private static byte[] RsaKey(byte[] exponent, byte[] modulus)
    {
        var writer = new WireWriter(new byte[WireLimits.KeyBlob]);
        writer.WriteText("ssh-rsa");
        writer.WriteMpint(exponent);
        writer.WriteMpint(modulus);
        return writer.Written.ToArray();
    }

    private static byte[] EcdsaKey(string typeCurve, string curve, ReadOnlySpan<byte> point)
    {
        var writer = new WireWriter(new byte[1024]);
        writer.WriteText("ecdsa-sha2-" + typeCurve);
        writer.WriteText(curve);
        writer.WriteString(point);
        return writer.Written.ToArray();
    }

    private static void AssertRefused(byte[] blob, string reason)
    {
        var exception = Assert.Throws<WireFormatException>(() => PublicKey.Read(blob));
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }
}
