using System.Buffers.Binary;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;
using Postern.Ssh.Transport.Ciphers;

namespace Postern.Ssh.Tests.Transport;

/// <summary>Packets whose lengths, padding or tags are wrong.</summary>
public class PacketTests
{
    // What the connection's end keeps from being used is not left to the finalizer.
    [Fact]
    public void KeysThatWereNeverUsed_AreLetGoWithTheirPacket()
    {
        var packet = OutgoingPacket.Rent(1);
        var keys = new UnusedKeys();
        packet.KeysAfter = new OutgoingPacket.KeyChange(keys, IsSequenceReset: true);
        packet.Return();
        Assert.True(keys.IsDisposed);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(1u)]
    [InlineData(5u)]
    [InlineData(13u)]
    [InlineData(262_145u)]
    [InlineData(0x8000_0000u)]
    [InlineData(0xffff_ffffu)]
    public async Task Length_OutOfRange_Disconnects(uint length)
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        await peer.ExchangeVersionsAsync();
        var packet = new byte[64];
        BinaryPrimitives.WriteUInt32BigEndian(packet, length);
        packet[4] = 4;
        await peer.SendRawAsync(packet);
        Assert.Equal((uint)DisconnectCode.ProtocolError, (await peer.ReadToEndAsync())?.Code);
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(11)]
    [InlineData(255)]
    public async Task Padding_OutOfRange_Disconnects(byte padding)
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        await peer.ExchangeVersionsAsync();
        var packet = new byte[16];
        packet[3] = 12;
        packet[4] = padding;
        await peer.SendRawAsync(packet);
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    // No oracle: wrong tag, wrong length and wrong padding all get one answer.
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(10)]
    [InlineData(-1)]
    public async Task SealedPacket_WithAByteChanged_GetsTheOneAnswer(int index)
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        await peer.ExchangeVersionsAsync();
        await peer.ExchangeKeysAsync();
        var packet = peer.Seal(ScriptedPeer.Encode(new ServiceRequest("ssh-userauth")));
        packet[index < 0 ? packet.Length - 1 : index] ^= 0x10;
        await peer.SendRawAsync(packet);
        await peer.SendRawAsync(new byte[64]);
        peer.EndSending();
        var goodbye = await peer.ReadToEndAsync();
        if (goodbye is not null)
        {
            Assert.Equal(((uint)DisconnectCode.MacError, "corrupted packet"), (goodbye.Value.Code, goodbye.Value.Description));
        }

        Assert.Contains(await engine.EndAsync(), new[] { ConnectionEnd.ProtocolError, ConnectionEnd.TransportClosed });
        Assert.Empty(engine.Proved);
        peer.Dispose();
    }

    [Fact]
    public async Task Packet_OfTheLargestSize_IsTaken()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await peer.SendAsync(new Ignore(new byte[262_000]));
        await peer.SendAsync(new Ping([7]));
        Assert.Equal([7], (await peer.ExpectAsync<Pong>()).Content);
        peer.Dispose();
        await engine.EndAsync();
    }

    [Fact]
    public async Task Packets_OneByteAtATime_AreRead()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        foreach (var b in peer.Seal(ScriptedPeer.Encode(new Ping([1, 2]))))
        {
            await peer.SendRawAsync(new[] { b });
        }

        Assert.Equal([1, 2], (await peer.ExpectAsync<Pong>()).Content);
        peer.Dispose();
        await engine.EndAsync();
    }

    [Fact]
    public async Task UnknownMessage_IsAnsweredWithItsSequenceNumber_WhichNewKeysReset()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();

        // After NEWKEYS came the service request and the authentication request.
        await peer.SendPayloadAsync([19]);
        Assert.Equal(2u, (await peer.ExpectAsync<Unimplemented>()).SequenceNumber);

        for (var i = 0; i < 3; i++)
        {
            await peer.ExchangeKeysAsync();
            await peer.SendPayloadAsync([19]);
            Assert.Equal(0u, (await peer.ExpectAsync<Unimplemented>()).SequenceNumber);
        }

        peer.Dispose();
        await engine.EndAsync();
    }

    [Fact]
    public async Task WithoutStrict_TheSequenceNumberRunsOn()
    {
        var (engine, peer) = await EngineFixture.StartAsync();
        peer.Offer = peer.Offer with { KeyExchanges = ["curve25519-sha256"] };
        await peer.ExchangeVersionsAsync();
        await peer.ExchangeKeysAsync();
        await peer.SendPayloadAsync([19]);
        Assert.Equal(3u, (await peer.ExpectAsync<Unimplemented>()).SequenceNumber);
        peer.Dispose();
        await engine.EndAsync();
    }

    private sealed class UnusedKeys : PacketEncryptor
    {
        public bool IsDisposed { get; private set; }

        protected override int BlockSize => 8;

        protected override bool IsLengthPadded => true;

        protected override int TagLength => 0;

        public override void Dispose() => IsDisposed = true;

        protected override void SealCore(Span<byte> packet, uint sequence)
        {
        }
    }
}
