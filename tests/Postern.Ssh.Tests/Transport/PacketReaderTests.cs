using System.Net;
using System.Net.Sockets;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Transport;
using Postern.Ssh.Transport.Ciphers;

namespace Postern.Ssh.Tests.Transport;

/// <summary>What the reader answers to packets that were changed on the way, under every cipher.</summary>
public class PacketReaderTests
{
    private const int Maximum = 2048;

    public static TheoryData<string, string> Names() => CipherTests.Names();

    // Security 41: bad length, bad padding and bad tag get one answer, whatever bit was changed.
    [Theory]
    [MemberData(nameof(Names))]
    public async Task Packet_WithAnyBitChanged_GetsTheOneAnswer(string name, string mac)
    {
        for (var bit = 0; bit < 8 * 12; bit++)
        {
            var packet = Sealed(name, mac, 40);
            packet[bit / 8] ^= (byte)(1 << (bit % 8));

            // As much as the longest packet has: whatever length came out, all of it is there.
            var exception = await ReadAsync(name, mac, [.. packet, .. new byte[Maximum + 200]]);
            Assert.Equal((DisconnectCode.MacError, "corrupted packet"), (exception?.Code, exception?.Message));
        }
    }

    // Security 41: where the length is encrypted without a tag of its own, its faults are not answered early.
    [Theory]
    [InlineData("hmac-sha2-256")]
    [InlineData("hmac-sha2-512")]
    public async Task EncryptedLength_ThatIsWrong_IsNotAnsweredBeforeTheLongestPacketIsThere(string mac)
    {
        var length = MacAlgorithm.Find(mac)!.Length;
        var packetLength = (uint)Sealed("aes128-ctr", mac, 40).Length - 4 - (uint)length;
        for (var bit = 0; bit < 32; bit++)
        {
            var changed = packetLength ^ (1u << bit);
            if (changed is >= 6 and <= Maximum && (changed + 4) % 16 == 0)
            {
                continue;
            }

            var packet = Sealed("aes128-ctr", mac, 40);
            packet[3 - (bit / 8)] ^= (byte)(1 << (bit % 8));
            byte[] bytes = [.. packet, .. new byte[Maximum + 200]];
            Assert.Null(await ReadAsync("aes128-ctr", mac, bytes[..(4 + Maximum + length - 1)]));
            Assert.NotNull(await ReadAsync("aes128-ctr", mac, bytes[..(4 + Maximum + length)]));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Packet_AsItWasSealed_IsRead(string name, string mac) =>
        Assert.Null(await ReadAsync(name, mac, Sealed(name, mac, 40), expectedPayload: 40));

    private static byte[] Sealed(string name, string mac, int length)
    {
        var (encryptor, decryptor) = CipherTests.Make(name, mac);
        var packet = CipherTests.Seal(encryptor, length, 0);
        encryptor.Dispose();
        decryptor.Dispose();
        return packet;
    }

    /// <summary>Sends bytes to a reader and gives what it throws; null when it waits for more or has read a packet.</summary>
    private static async Task<DisconnectException?> ReadAsync(string name, string mac, byte[] bytes, int? expectedPayload = null)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await client.ConnectAsync(listener.LocalEndPoint!);
        using var accepted = await listener.AcceptAsync();
        accepted.Blocking = false;
        PacketReader? woken = null;
        using var descriptor = new LoopDescriptor(EventLoopGroup.Shared.Take(), accepted.SafeHandle, () => woken!.OnReadable(), null, isRead: true);
        var limits = new TransportLimits { MaximumPacket = Maximum };
        using var memory = limits.Memory.Open(_ => { });
        using var reader = woken = new PacketReader(descriptor, limits, memory);
        var (encryptor, decryptor) = CipherTests.Make(name, mac);
        encryptor.Dispose();
        reader.ChangeKeys(decryptor, isSequenceReset: true);
        await client.SendAsync(bytes, SocketFlags.None);
        client.Shutdown(SocketShutdown.Send);
        try
        {
            var payload = -1;
            do
            {
                if (reader.TryRead(out var read))
                {
                    payload = read.Length;
                    break;
                }
            }
            while (await reader.FillAsync());

            Assert.Equal(expectedPayload ?? -1, payload);
            return null;
        }
        catch (DisconnectException exception)
        {
            return exception;
        }
    }
}
