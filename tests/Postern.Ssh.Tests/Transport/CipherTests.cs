using System.Buffers.Binary;
using Postern.Ssh.Transport.Ciphers;

namespace Postern.Ssh.Tests.Transport;

/// <summary>Rules that every cipher obeys.</summary>
public class CipherTests
{
    public static TheoryData<string> Names() => ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Packet_OfAnyLength_OpensAgain(string name)
    {
        var (encryptor, decryptor) = Make(name);
        for (var length = 1; length < 70; length++)
        {
            var packet = Seal(encryptor, length, (uint)length);
            var packetLength = decryptor.ReadLength(packet.AsSpan(0, 4), (uint)length);
            Assert.Equal((uint)(packet.Length - 4 - decryptor.TagLength), packetLength);
            Assert.Equal(0u, packetLength % (uint)decryptor.BlockSize);
            Assert.True(decryptor.TryOpen(packet, (uint)length));
            Assert.InRange(packet[4], 4, 255);
            Assert.Equal((uint)length + 1 + packet[4], packetLength);
            Assert.Equal(Payload(length), packet[5..(5 + length)]);
        }

        encryptor.Dispose();
        decryptor.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Packet_WithAnyByteChanged_DoesNotOpen(string name)
    {
        var (encryptor, decryptor) = Make(name);
        var packet = Seal(encryptor, 20, 7);
        for (var i = 0; i < packet.Length; i++)
        {
            var changed = packet.ToArray();
            changed[i] ^= 0x40;
            Assert.False(decryptor.TryOpen(changed, 7));
        }

        Assert.True(decryptor.TryOpen(packet, 7));
    }

    [Fact]
    public void ChaCha20_WithAnotherSequenceNumber_DoesNotOpen()
    {
        var (encryptor, decryptor) = Make("chacha20-poly1305@openssh.com");
        Assert.False(decryptor.TryOpen(Seal(encryptor, 20, 7), 8));
    }

    [Theory]
    [InlineData("aes128-gcm@openssh.com")]
    [InlineData("aes256-gcm@openssh.com")]
    public void AesGcm_CountsInvocationsPastThirtyTwoBits(string name)
    {
        var suite = CipherSuite.Find(name)!;
        var vector = new byte[suite.InitialVectorLength];
        vector.AsSpan(4).Fill(0xff);
        using var encryptor = suite.CreateEncryptor(new byte[suite.KeyLength], vector);
        using var decryptor = suite.CreateDecryptor(new byte[suite.KeyLength], vector);
        Assert.True(decryptor.TryOpen(Seal(encryptor, 9, 0), 0));
        Assert.True(decryptor.TryOpen(Seal(encryptor, 9, 1), 1));
    }

    [Fact]
    public void Plaintext_PadsWithTheLengthField()
    {
        var encryptor = new Plaintext.Encryptor();
        for (var length = 1; length < 40; length++)
        {
            var packet = Seal(encryptor, length, 0);
            Assert.Equal(0, packet.Length % 8);
            Assert.Equal((uint)packet.Length - 4, BinaryPrimitives.ReadUInt32BigEndian(packet));
            Assert.InRange(packet[4], 4, 11);
        }
    }

    private static (PacketEncryptor Encryptor, PacketDecryptor Decryptor) Make(string name)
    {
        var suite = CipherSuite.Find(name)!;
        var key = Enumerable.Range(0, suite.KeyLength).Select(i => (byte)i).ToArray();
        var vector = new byte[suite.InitialVectorLength];
        return (suite.CreateEncryptor(key, vector), suite.CreateDecryptor(key, vector));
    }

    private static byte[] Payload(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 3))];

    private static byte[] Seal(PacketEncryptor encryptor, int length, uint sequence)
    {
        var packet = new byte[PacketEncryptor.HeaderLength + length + PacketEncryptor.MaximumTrailerLength];
        Payload(length).CopyTo(packet, PacketEncryptor.HeaderLength);
        var destination = new byte[packet.Length];
        return destination[..encryptor.Seal(packet, length, sequence, destination)];
    }
}
