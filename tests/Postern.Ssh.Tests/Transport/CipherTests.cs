using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Postern.Ssh.Transport.Ciphers;

namespace Postern.Ssh.Tests.Transport;

/// <summary>Rules that every cipher obeys, with every MAC that it may have.</summary>
public class CipherTests
{
    public static TheoryData<string, string> Names()
    {
        var names = new TheoryData<string, string>();
        foreach (var cipher in CipherSuite.Names)
        {
            if (!CipherSuite.Find(cipher)!.NeedsMac)
            {
                names.Add(cipher, "");
                continue;
            }

            foreach (var mac in MacAlgorithm.Names)
            {
                names.Add(cipher, mac);
            }
        }

        return names;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Packet_OfAnyLength_OpensAgain(string name, string mac)
    {
        var (encryptor, decryptor) = Make(name, mac);
        for (var length = 1; length < 70; length++)
        {
            var packet = Seal(encryptor, length, (uint)length);
            var packetLength = decryptor.ReadLength(packet.AsSpan(0, 4), (uint)length);
            Assert.Equal((uint)(packet.Length - 4 - decryptor.TagLength), packetLength);
            Assert.Equal(0u, (packetLength + (decryptor.IsLengthPadded ? 4u : 0u)) % (uint)decryptor.BlockSize);
            Assert.True(decryptor.TryOpen(packet, (uint)length));
            Assert.InRange(packet[4], 4, 255);
            Assert.Equal((uint)length + 1 + packet[4], packetLength);
            Assert.Equal(Payload(length), packet[5..(5 + length)]);
        }

        encryptor.Dispose();
        decryptor.Dispose();
    }

    // Security 41: a change at any position, be it in length, padding, payload or tag, is found.
    [Theory]
    [MemberData(nameof(Names))]
    public void Packet_WithAnyBitChanged_DoesNotOpen(string name, string mac)
    {
        var (encryptor, _) = Make(name, mac);
        var packet = Seal(encryptor, 20, 7);
        encryptor.Dispose();
        for (var bit = 0; bit < 8 * packet.Length; bit++)
        {
            var changed = packet.ToArray();
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Opens(name, mac, changed, 7), $"bit {bit}");
        }

        Assert.True(Opens(name, mac, packet, 7));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Packet_UnderAnotherKey_DoesNotOpen(string name, string mac)
    {
        var (encryptor, _) = Make(name, mac, firstKeyByte: 1);
        Assert.False(Opens(name, mac, Seal(encryptor, 20, 7), 7));
        encryptor.Dispose();
    }

    // GCM counts invocations and not sequence numbers.
    [Theory]
    [MemberData(nameof(Names))]
    public void Packet_WithAnotherSequenceNumber_DoesNotOpen(string name, string mac)
    {
        var (encryptor, _) = Make(name, mac);
        var packet = Seal(encryptor, 20, 7);
        Assert.Equal(name.Contains("gcm", StringComparison.Ordinal), Opens(name, mac, packet, 8));
        encryptor.Dispose();
    }

    // Security 72: the arithmetic of lengths, vectors and counters over any row of packets.
    [Theory]
    [MemberData(nameof(Names))]
    public void AnyRowOfPackets_OpensInItsOrderOnly(string name, string mac) => Prop.ForAll(
        ArbMap.Default.ArbFor<NonEmptyArray<ushort>>(),
        ArbMap.Default.ArbFor<uint>(),
        (lengths, first) =>
        {
            var (encryptor, decryptor) = Make(name, mac);
            var sequence = first;
            foreach (var length in lengths.Get.Select(length => 1 + (length % 5000)))
            {
                var packet = Seal(encryptor, length, sequence);
                Assert.Equal((uint)(packet.Length - 4 - decryptor.TagLength), decryptor.ReadLength(packet.AsSpan(0, 4), sequence));
                Assert.True(decryptor.TryOpen(packet, sequence));
                Assert.True(Payload(length).AsSpan().SequenceEqual(packet.AsSpan(5, length)));
                sequence = unchecked(sequence + 1);
            }

            var skipped = Seal(encryptor, 10, sequence);
            var next = Seal(encryptor, 10, unchecked(sequence + 1));
            Assert.Equal(skipped.Length, next.Length);
            decryptor.ReadLength(next.AsSpan(0, 4), sequence);
            Assert.False(decryptor.TryOpen(next, sequence));
            encryptor.Dispose();
            decryptor.Dispose();
        }).QuickCheckThrowOnFailure();

    [Theory]
    [MemberData(nameof(Names))]
    public void SealingAndOpening_AllocateNothing(string name, string mac)
    {
        var (encryptor, decryptor) = Make(name, mac);
        var packet = new byte[PacketEncryptor.HeaderLength + 1000 + PacketEncryptor.MaximumTrailerLength];

        // The runtime itself allocates now and then while it compiles: a round without any shows that we do not.
        var least = long.MaxValue;
        for (uint round = 0; round < 20 && least > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 100 * round; i < 100 * (round + 1); i++)
            {
                var length = encryptor.Seal(packet, 1000, i);
                decryptor.ReadLength(packet.AsSpan(0, 4), i);
                if (!decryptor.TryOpen(packet.AsSpan(0, length), i))
                {
                    Assert.Fail("does not open");
                }
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
        encryptor.Dispose();
        decryptor.Dispose();
    }

    [Theory]
    [InlineData("aes128-gcm@openssh.com")]
    [InlineData("aes256-gcm@openssh.com")]
    public void AesGcm_CountsInvocationsPastThirtyTwoBits(string name)
    {
        var suite = CipherSuite.Find(name)!;
        var vector = new byte[suite.InitialVectorLength];
        vector.AsSpan(4).Fill(0xff);
        using var encryptor = suite.CreateEncryptor(new byte[suite.KeyLength], vector, []);
        using var decryptor = suite.CreateDecryptor(new byte[suite.KeyLength], vector, []);
        Assert.True(decryptor.TryOpen(Seal(encryptor, 9, 0), 0));
        Assert.True(decryptor.TryOpen(Seal(encryptor, 9, 1), 1));
    }

    // RFC 4344 section 4: the counter is the whole block, and wraps in it.
    [Fact]
    public void AesCtr_CountsPastTheWholeBlock()
    {
        var suite = CipherSuite.Find("aes256-ctr")!.With(MacAlgorithm.Find("hmac-sha2-256")!);
        var vector = new byte[suite.InitialVectorLength];
        vector.AsSpan().Fill(0xff);
        using var encryptor = suite.CreateEncryptor(new byte[suite.KeyLength], vector, new byte[suite.MacKeyLength]);
        using var decryptor = suite.CreateDecryptor(new byte[suite.KeyLength], vector, new byte[suite.MacKeyLength]);
        var packet = Seal(encryptor, 100, 0);
        decryptor.ReadLength(packet.AsSpan(0, 4), 0);
        Assert.True(decryptor.TryOpen(packet, 0));
        Assert.Equal(Payload(100), packet[5..105]);
    }

    [Fact]
    public void AesCtr_WithKeysOfAnotherLength_IsRefused()
    {
        var suite = CipherSuite.Find("aes256-ctr")!.With(MacAlgorithm.Find("hmac-sha2-512")!);
        Assert.Throws<ArgumentException>(() => suite.CreateEncryptor(new byte[16], new byte[16], new byte[64]));
        Assert.Throws<ArgumentException>(() => suite.CreateEncryptor(new byte[32], new byte[12], new byte[64]));
        Assert.Throws<ArgumentException>(() => suite.CreateDecryptor(new byte[32], new byte[16], new byte[32]));
        Assert.Throws<InvalidOperationException>(() => CipherSuite.Find("aes128-gcm@openssh.com")!.With(MacAlgorithm.Find("hmac-sha2-512")!));
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

    internal static (PacketEncryptor Encryptor, PacketDecryptor Decryptor) Make(string name, string mac, byte firstKeyByte = 0)
    {
        var suite = CipherSuite.Find(name)!;
        suite = mac.Length > 0 ? suite.With(MacAlgorithm.Find(mac)!) : suite;
        var key = Enumerable.Range(firstKeyByte, suite.KeyLength).Select(i => (byte)i).ToArray();
        var macKey = Enumerable.Range(firstKeyByte + 100, suite.MacKeyLength).Select(i => (byte)i).ToArray();
        var vector = new byte[suite.InitialVectorLength];
        return (suite.CreateEncryptor(key, vector, macKey), suite.CreateDecryptor(key, vector, macKey));
    }

    internal static byte[] Seal(PacketEncryptor encryptor, int length, uint sequence)
    {
        var packet = new byte[PacketEncryptor.HeaderLength + length + PacketEncryptor.MaximumTrailerLength];
        Payload(length).CopyTo(packet, PacketEncryptor.HeaderLength);
        return packet[..encryptor.Seal(packet, length, sequence)];
    }

    private static bool Opens(string name, string mac, byte[] packet, uint sequence)
    {
        var (encryptor, decryptor) = Make(name, mac);
        packet = packet.ToArray();
        decryptor.ReadLength(packet.AsSpan(0, 4), sequence);
        var opens = decryptor.TryOpen(packet, sequence);
        encryptor.Dispose();
        decryptor.Dispose();
        return opens;
    }

    private static byte[] Payload(int length) => [.. Enumerable.Range(0, length).Select(i => (byte)(i * 3))];
}
