using System.Buffers.Binary;
using System.Net;
using System.Numerics;
using System.Text;
using Postern.Gateway.Listening.ProxyProtocol;
using Postern.Ssh.Wire;

namespace Postern.Gateway.Tests.Listening.ProxyProtocol;

/// <summary>Security 66: what a proxy may say about a connection, in either version.</summary>
public sealed class ProxyHeaderDecoderTests
{
    private static readonly byte[] Signature = [0x0d, 0x0a, 0x0d, 0x0a, 0, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 56324 22\r\n", "192.0.2.7:56324")]
    [InlineData("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535")]
    [InlineData("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n", "0.0.0.0:0")]
    [InlineData("PROXY TCP6 2001:db8::1 ::1 1 2\r\n", "[2001:db8::1]:1")]
    [InlineData("PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535")]
    [InlineData("PROXY TCP6 ::ffff:192.0.2.7 ::1 5 6\r\n", "192.0.2.7:5")]
    [InlineData("PROXY UNKNOWN\r\n", null)]
    [InlineData("PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", null)]
    public void Version1_NamesTheClient(string line, string? client) => AssertRead(Encoding.ASCII.GetBytes(line), client);

    [Theory]
    [InlineData("SSH-2.0-OpenSSH_9.2\r\n")]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("proxy TCP4 192.0.2.7 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY\r\n")]
    [InlineData("PROXY \r\n")]
    [InlineData("PROXY TCP4\r\n")]
    [InlineData("PROXY TCP5 192.0.2.7 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 1 2\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 1\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n")]
    [InlineData("PROXY TCP4  192.0.2.7 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 1 2 \r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 65536 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 -1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 01 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 198.51.100.1 1 99999999999\r\n")]
    [InlineData("PROXY TCP4 192.0.2 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY TCP4 3221225991 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY TCP4 0xc0.0.2.7 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.02.7 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.7 localhost 1 2\r\n")]
    [InlineData("PROXY TCP4 2001:db8::1 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY TCP6 [2001:db8::1] ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 2001:db8:::1 ::1 1 2\r\n")]
    [InlineData("PROXY UNKNOWN \u0000\r\n")]
    [InlineData("PROXY UNKNOWN \r\r\n")]
    [InlineData("PROXY UNKNOWN \u001b[31m\r\n")]
    public void Version1_OfAnotherForm_IsRefused(string line) =>
        Assert.Throws<WireFormatException>(() => ProxyHeaderDecoder.TryRead(Encoding.Latin1.GetBytes(line), out _));

    [Fact]
    public void Version1_IsAtMost107Bytes()
    {
        var longest = "PROXY UNKNOWN " + new string('x', 107 - 16) + "\r\n";
        Assert.Equal(107, longest.Length);
        AssertRead(Encoding.ASCII.GetBytes(longest), null);

        Assert.Throws<WireFormatException>(() => ReadByBytes(Encoding.ASCII.GetBytes(longest.Replace("\r", "x\r", StringComparison.Ordinal))));
        Assert.Throws<WireFormatException>(() => ReadByBytes([.. "PROXY "u8, .. new byte[1_000_000]]));
    }

    [Fact]
    public void Version2_NamesTheClient()
    {
        byte[] v4 = [192, 0, 2, 7, 198, 51, 100, 1, 0xdc, 0x04, 0, 22];
        AssertRead(Version2(0x21, 0x11, v4), "192.0.2.7:56324");
        AssertRead(Version2(0x21, 0x11, [.. v4, .. Value(4, 9), .. Value(0xe0, 0)]), "192.0.2.7:56324");
        byte[] v6 = [.. IPAddress.Parse("2001:db8::1").GetAddressBytes(), .. IPAddress.IPv6Loopback.GetAddressBytes(), 0, 1, 0, 2];
        AssertRead(Version2(0x21, 0x21, v6), "[2001:db8::1]:1");
        byte[] mapped = [.. IPAddress.Parse("::ffff:192.0.2.7").GetAddressBytes(), .. v6[16..]];
        AssertRead(Version2(0x21, 0x21, mapped), "192.0.2.7:1");
    }

    [Fact]
    public void Version2_WithoutAnIPAddress_NamesNobody()
    {
        AssertRead(Version2(0x20, 0x00, []), null);
        AssertRead(Version2(0x20, 0x11, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]), null);
        AssertRead(Version2(0x20, 0xff, [1, 2, 3]), null);
        AssertRead(Version2(0x21, 0x00, []), null);
        AssertRead(Version2(0x21, 0x00, Value(4, 1)), null);
        AssertRead(Version2(0x21, 0x31, new byte[216]), null);
    }

    [Theory]
    [InlineData(0x11, 0x11, 12)]
    [InlineData(0x31, 0x11, 12)]
    [InlineData(0x22, 0x11, 12)]
    [InlineData(0x21, 0x12, 12)]
    [InlineData(0x21, 0x22, 36)]
    [InlineData(0x21, 0x41, 12)]
    [InlineData(0x21, 0x10, 12)]
    [InlineData(0x21, 0x01, 12)]
    [InlineData(0x21, 0x11, 11)]
    [InlineData(0x21, 0x21, 35)]
    [InlineData(0x21, 0x31, 215)]
    [InlineData(0x20, 0x21, 35)]
    public void Version2_OfAnotherForm_IsRefused(byte command, byte family, int length) =>
        Assert.Throws<WireFormatException>(() => ReadByBytes(Version2(command, family, new byte[length])));

    [Theory]
    [InlineData(new byte[] { 4 })]
    [InlineData(new byte[] { 4, 0 })]
    [InlineData(new byte[] { 4, 0, 1 })]
    [InlineData(new byte[] { 4, 0xff, 0xff, 1 })]
    [InlineData(new byte[] { 4, 0, 1, 1, 9 })]
    [InlineData(new byte[] { 3, 0, 3, 1, 2, 3 })]
    [InlineData(new byte[] { 3, 0, 4, 1, 2, 3, 4 })]
    public void Version2_WithWrongValues_IsRefused(byte[] values) =>
        Assert.Throws<WireFormatException>(() => ReadByBytes(Version2(0x21, 0x11, [.. new byte[12], .. values])));

    [Fact]
    public void Version2_WithItsChecksum_IsRead()
    {
        var header = Version2(0x21, 0x11, [192, 0, 2, 7, 198, 51, 100, 1, 0, 9, 0, 22, .. Value(0xe1, 3), 3, 0, 4, 0, 0, 0, 0]);
        var crc = header.Aggregate(uint.MaxValue, BitOperations.Crc32C);
        BinaryPrimitives.WriteUInt32BigEndian(header.AsSpan(header.Length - 4), ~crc);
        AssertRead(header, "192.0.2.7:9");

        header[16] ^= 1;
        Assert.Throws<WireFormatException>(() => ReadByBytes(header));
    }

    [Fact]
    public void Version2_IsRefusedByItsLengthAlone()
    {
        AssertRead(Version2(0x21, 0x00, Value(4, ProxyProtocolLimits.Version2 - 16 - 3)), null);
        byte[] start = [.. Signature, 0x21, 0x11, 0xff, 0xff];
        Assert.Throws<WireFormatException>(() => ProxyHeaderDecoder.TryRead(start, out _));
        BinaryPrimitives.WriteUInt16BigEndian(start.AsSpan(14), ProxyProtocolLimits.Version2 - 16 + 1);
        Assert.Throws<WireFormatException>(() => ProxyHeaderDecoder.TryRead(start, out _));
    }

    [Fact]
    public void BytesBehindTheHeader_AreNeverWanted()
    {
        Assert.Throws<WireFormatException>(() => ProxyHeaderDecoder.TryRead("PROXY UNKNOWN\r\nSSH-2.0-x"u8, out _));
        Assert.Throws<WireFormatException>(() => ProxyHeaderDecoder.TryRead([.. Version2(0x20, 0, []), 1], out _));
    }

    [Fact]
    public void AnyBytes_AreReadOrRefused()
    {
        // Mutations of good headers and plain noise, from a fixed seed: nothing but the decoder's own exception, and an end.
        var random = new Random(66);
        byte[][] good =
        [
            Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.7 198.51.100.1 56324 22\r\n"),
            Encoding.ASCII.GetBytes("PROXY TCP6 2001:db8::1 ::1 56324 22\r\n"),
            Encoding.ASCII.GetBytes("PROXY UNKNOWN\r\n"),
            Version2(0x21, 0x11, [192, 0, 2, 7, 198, 51, 100, 1, 0xdc, 0x04, 0, 22, .. Value(4, 9)]),
            Version2(0x21, 0x21, [.. new byte[36], .. Value(3, 4)]),
            Version2(0x20, 0x00, []),
        ];
        var outcomes = new int[3];
        for (var round = 0; round < 200_000; round++)
        {
            var bytes = (byte[])good[random.Next(good.Length)].Clone();
            for (var changes = random.Next(4); changes > 0; changes--)
            {
                var at = random.Next(bytes.Length);
                bytes = random.Next(4) switch
                {
                    0 => [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]],
                    1 when bytes.Length > 1 => [.. bytes[..at], .. bytes[(at + 1)..]],
                    2 => [.. bytes[..at], (byte)(bytes[at] ^ (1 << random.Next(8))), .. bytes[(at + 1)..]],
                    _ => [.. bytes[..at], (byte)random.Next(256), .. bytes[(at + 1)..]],
                };
            }

            try
            {
                outcomes[ReadByBytes(bytes) is null ? 0 : 1]++;
            }
            catch (WireFormatException)
            {
                outcomes[2]++;
            }
        }

        Assert.All(outcomes, count => Assert.NotEqual(0, count));
    }

    private static void AssertRead(byte[] header, string? client)
    {
        Assert.Equal(client, ReadByBytes([.. header, .. "SSH-2.0-x"u8])?.Client?.ToString());
        for (var length = 0; length < header.Length; length++)
        {
            Assert.Null(ProxyHeaderDecoder.TryRead(header.AsSpan(0, length), out var wanted));
            Assert.InRange(wanted, 1, header.Length - length);
        }

        Assert.NotNull(ProxyHeaderDecoder.TryRead(header, out _));
    }

    /// <summary>Reads as the listener does, in the portions that the decoder wants; null when it wants more than there is.</summary>
    private static ProxyHeader? ReadByBytes(byte[] bytes)
    {
        var length = 0;
        while (true)
        {
            if (ProxyHeaderDecoder.TryRead(bytes.AsSpan(0, length), out var wanted) is { } header)
            {
                return header;
            }

            Assert.True(wanted > 0);
            if (length + wanted > bytes.Length)
            {
                return null;
            }

            length += wanted;
        }
    }

    private static byte[] Value(byte type, int length)
    {
        var value = new byte[3 + length];
        value[0] = type;
        BinaryPrimitives.WriteUInt16BigEndian(value.AsSpan(1), (ushort)length);
        return value;
    }

    private static byte[] Version2(byte command, byte family, byte[] rest)
    {
        byte[] header = [.. Signature, command, family, 0, 0, .. rest];
        BinaryPrimitives.WriteUInt16BigEndian(header.AsSpan(14), (ushort)rest.Length);
        return header;
    }
}
