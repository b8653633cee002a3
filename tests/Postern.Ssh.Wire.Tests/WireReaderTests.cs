namespace Postern.Ssh.Wire.Tests;

public class WireReaderTests
{
    // RFC 4251 section 5, examples of mpint.
    [Theory]
    [InlineData("", "00000000")]
    [InlineData("09a378f9b2e332a7", "0000000809a378f9b2e332a7")]
    [InlineData("80", "000000020080")]
    public void Mpint_OfRfc4251_IsReadAndWritten(string magnitude, string wire)
    {
        var buffer = new byte[64];
        var writer = new WireWriter(buffer);
        writer.WriteMpint(Convert.FromHexString(magnitude));
        Assert.Equal(wire, Convert.ToHexStringLower(writer.Written));

        var reader = new WireReader(writer.Written);
        Assert.Equal(magnitude, Convert.ToHexStringLower(reader.ReadMpint(WireLimits.Mpint)));
        reader.RequireEnd();
    }

    [Theory]
    [InlineData("0000000100", "needless leading zero")]
    [InlineData("000000020001", "needless leading zero")]
    [InlineData("00000001ff", "negative")]
    public void Mpint_ThatIsNotCanonical_IsRefused(string wire, string reason) =>
        AssertRefused(wire, reason, (ref WireReader r) => r.ReadMpint(WireLimits.Mpint));

    [Theory]
    [InlineData("00000002666f6f", "bytes after the last field")]
    [InlineData("00000004666f6f", "4 bytes needed and 3 left")]
    [InlineData("ffffffff", "exceeds")]
    [InlineData("80000000", "exceeds")]
    [InlineData("000000", "4 bytes needed and 3 left")]
    public void String_WithWrongLength_IsRefused(string wire, string reason) =>
        AssertRefused(wire, reason, (ref WireReader r) =>
        {
            r.ReadString(64);
            r.RequireEnd();
        });

    [Fact]
    public void String_BeyondItsLimit_IsRefusedBeforeTheBytesAreNeeded() =>
        AssertRefused("00000041", "string length 65 exceeds 64", (ref WireReader r) => r.ReadString(64));

    [Theory]
    [InlineData("00000000", new string[0])]
    [InlineData("000000047a6c6962", new[] { "zlib" })]
    [InlineData("000000097a6c69622c6e6f6e65", new[] { "zlib", "none" })]
    public void NameList_OfRfc4251_IsRead(string wire, string[] names)
    {
        var reader = new WireReader(Convert.FromHexString(wire));
        Assert.Equal(names, reader.ReadNameList(WireLimits.NameList));
    }

    [Theory]
    [InlineData("000000012c", "empty name")]
    [InlineData("00000003612c2c", "empty name")]
    [InlineData("00000002612c", "empty name")]
    [InlineData("0000000100", "0x00")]
    [InlineData("0000000120", "0x20")]
    [InlineData("000000017f", "0x7f")]
    [InlineData("00000001ff", "0xff")]
    public void NameList_WithBadNames_IsRefused(string wire, string reason)
    {
        AssertRefused(wire, reason, (ref WireReader r) => r.ReadNameList(WireLimits.NameList));
    }

    [Fact]
    public void NameList_OfAMillionCommas_IsRefusedByItsLength()
    {
        var wire = new byte[4 + 1_000_000];
        new WireWriter(wire).WriteUInt32(1_000_000);
        wire.AsSpan(4).Fill((byte)',');
        AssertRefused(Convert.ToHexString(wire), "exceeds", (ref WireReader r) => r.ReadNameList(WireLimits.NameList));
    }

    [Fact]
    public void Name_WithComma_IsRefused() =>
        AssertRefused("00000003612c62", "0x2c", (ref WireReader r) => r.ReadName(WireLimits.Name));

    [Fact]
    public void Text_ThatIsNotUtf8_IsRefused() =>
        AssertRefused("00000002c328", "not UTF-8", (ref WireReader r) => r.ReadText(WireLimits.Text));

    [Fact]
    public void Integers_AreBigEndian()
    {
        var reader = new WireReader(Convert.FromHexString("01000000020000000000000003"));
        Assert.True(reader.ReadBoolean());
        Assert.Equal(2u, reader.ReadUInt32());
        Assert.Equal(3ul, reader.ReadUInt64());
        Assert.True(reader.IsAtEnd);
    }

    [Fact]
    public void Boolean_OfAnyValueButZero_IsTrue()
    {
        var reader = new WireReader([0x02, 0x00]);
        Assert.True(reader.ReadBoolean());
        Assert.False(reader.ReadBoolean());
    }

    [Fact]
    public void Writer_PastTheEndOfItsBuffer_Throws() =>
        Assert.Throws<InvalidOperationException>(() => new WireWriter(new byte[3]).WriteUInt32(1));

    private delegate void Read(ref WireReader reader);

    private static void AssertRefused(string wire, string reason, Read read)
    {
        var exception = Assert.Throws<WireFormatException>(() =>
        {
            var reader = new WireReader(Convert.FromHexString(wire));
            read(ref reader);
        });
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }
}
