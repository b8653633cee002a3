using Microsoft.Extensions.Logging.Abstractions;
using Postern.Ssh.Connection;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Messages;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Connection;

/// <summary>Several packets that are rented, filled and sent together: nothing is lost, swapped, or beyond a limit.</summary>
public class BatchTests
{
    private const int Packet = 1000;

    [Fact]
    public async Task Batch_EndsAtTheWindow_AndWhatIsNotFilledIsGivenBack()
    {
        var (engine, peer, channel) = await OpenAsync(window: (3 * Packet) + 10);
        var buffers = new Memory<byte>[8];
        Assert.Equal(4, channel.RentData(buffers));
        Assert.Equal([Packet, Packet, Packet, 10], buffers[..4].Select(buffer => buffer.Length));
        Fill(buffers.AsSpan(0, 4), 0);
        channel.CommitData(Packet + 500);

        var first = await ReceiveDataAsync(peer);
        var second = await ReceiveDataAsync(peer);
        Assert.Equal((Packet, 500), (first.Length, second.Length));
        Assert.Equal(Pattern(0, Packet + 500), first.Concat(second));

        // The window counts what was sent only.
        Assert.Equal(2, channel.RentData(buffers));
        Assert.Equal([Packet, 510], buffers[..2].Select(buffer => buffer.Length));
        channel.CommitData(0);
        await EndAsync(engine, peer);
    }

    [Fact]
    public async Task Batch_BeyondTheQueue_IsCutToItsRoom()
    {
        var config = EngineFixture.Config with { Transport = new TransportLimits { QueuedData = 10 * OutgoingPacket.FullPayload } };
        var (engine, peer, channel) = await OpenAsync(window: 1 << 20, config);
        var buffers = new Memory<byte>[16];
        Assert.Equal(10, channel.RentData(buffers));
        Assert.Throws<InvalidOperationException>(() => channel.RentData(buffers));
        Assert.Throws<ArgumentOutOfRangeException>(() => channel.AppendData((10 * Packet) + 1));
        await EndAsync(engine, peer);
    }

    // What a packet carries may be a byte; what it holds is counted.
    [Fact]
    public async Task PacketsOfOneByte_AreCountedByWhatTheyHold()
    {
        var config = EngineFixture.Config with { Transport = new TransportLimits { QueuedData = 10 * OutgoingPacket.SmallPayload } };
        var (engine, peer, channel) = await OpenAsync(window: 1 << 20, config, packet: 1);
        var buffers = new Memory<byte>[16];
        Assert.InRange(channel.RentData(buffers), 1, 10);
        await EndAsync(engine, peer);
    }

    [Fact]
    public async Task Batch_AfterTheClose_IsGivenBack()
    {
        var (engine, peer, channel) = await OpenAsync(window: 1 << 20);
        var buffers = new Memory<byte>[4];
        Assert.Equal(4, channel.RentData(buffers));
        channel.Close();
        channel.CommitData(4 * Packet);
        await peer.ExpectAsync<ChannelClose>();
        Assert.Equal(0, channel.RentData(buffers));
        await EndAsync(engine, peer);
    }

    // The socket takes part of a batch, and part of a packet of it; the rest goes when there is room, and only what the limit
    // says is kept until then.
    [Fact]
    public async Task SlowPeer_GetsEverythingInOrder_AndBoundsWhatIsKept()
    {
        const int Limit = 200 * Packet;
        var config = EngineFixture.Config with { Transport = new TransportLimits { QueuedData = Limit } };
        var (engine, peer, channel) = await OpenAsync(window: 64 << 20, config);
        var sent = 0;
        while (TrySend())
        {
            // Until the socket's buffers and the queue are full.
        }

        var received = 0;
        var wasResumed = channel.WaitToSendAsync(CancellationToken.None);
        while (received < sent)
        {
            received += CheckData((await peer.ReceiveAsync())!, received);
        }

        Assert.True(await wasResumed);
        Assert.True(TrySend());
        await EndAsync(engine, peer);

        bool TrySend()
        {
            var buffers = new Memory<byte>[16];
            var count = channel.RentData(buffers);
            if (count == 0)
            {
                return false;
            }

            Fill(buffers.AsSpan(0, count), sent);
            channel.CommitData(count * Packet);
            sent += count * Packet;
            return true;
        }
    }

    // Security 40: keys change between two packets of one send, also when the new ones wear out before the peer's side has them.
    [Fact]
    public async Task KeysThatWearOutInABatch_ChangeBetweenItsPackets()
    {
        var config = EngineFixture.Config with { Transport = new TransportLimits { RekeyBytes = 50 * Packet } };
        var (engine, peer, channel) = await OpenAsync(window: 64 << 20, config);
        var buffers = new Memory<byte>[16];
        var received = 0;
        var sent = 0;
        for (var exchanges = 0; exchanges < 3;)
        {
            if (channel.RentData(buffers) is var count and > 0)
            {
                Fill(buffers.AsSpan(0, count), sent);
                channel.CommitData(count * Packet);
                sent += count * Packet;
            }
            else if (received == sent)
            {
                // All of it is here before the sender has taken it off its count: there will be room, and nothing else comes.
                Assert.True(await channel.WaitToSendAsync(CancellationToken.None));
                continue;
            }

            var payload = await peer.ReceiveAsync();
            if (payload![0] == MessageNumber.KexInit)
            {
                peer.TakeKexInit(payload);
                await peer.SendKexInitAsync();
                await peer.FinishKeyExchangeAsync();
                exchanges++;
                continue;
            }

            received += CheckData(payload, received);
        }

        await EndAsync(engine, peer);
    }

    private static int CheckData(byte[] payload, int offset)
    {
        var data = MessageCodec.Read<ChannelData>(payload).Data;
        Assert.True(Pattern(offset, data.Length).AsSpan().SequenceEqual(data), $"different data at {offset}");
        return data.Length;
    }

    private static async Task<(EngineFixture Engine, ScriptedPeer Peer, Channel Channel)> OpenAsync(
        uint window, Postern.Ssh.Server.ServerConfig? config = null, uint packet = Packet)
    {
        // A loop of its own: a batch is shorter beside a connection of another test that moves little.
        config = (config ?? EngineFixture.Config) with { Loops = new EventLoopGroup(1, NullLogger.Instance) };
        var (engine, peer) = await EngineFixture.ConnectAsync(config);
        await peer.SendAsync(new ChannelOpen("session", 1, window, packet, []));
        await peer.ExpectAsync<ChannelOpenConfirmation>();
        return (engine, peer, engine.Channels.Single().Channel);
    }

    private static void Fill(Span<Memory<byte>> buffers, int offset)
    {
        foreach (var buffer in buffers)
        {
            Pattern(offset, buffer.Length).CopyTo(buffer);
            offset += buffer.Length;
        }
    }

    // Bytes that tell where they belong.
    private static byte[] Pattern(int offset, int length) =>
        [.. Enumerable.Range(offset, length).Select(i => (byte)(i ^ (i >> 8) ^ (i >> 16)))];

    private static async Task<byte[]> ReceiveDataAsync(ScriptedPeer peer) =>
        MessageCodec.Read<ChannelData>(await peer.ReceiveAsync()).Data.ToArray();

    private static async Task EndAsync(EngineFixture engine, ScriptedPeer peer)
    {
        peer.Dispose();
        await engine.EndAsync();
    }
}
