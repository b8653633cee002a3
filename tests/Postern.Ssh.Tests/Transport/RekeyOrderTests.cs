using Postern.Ssh.Connection;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;
using Postern.Testing;

namespace Postern.Ssh.Tests.Transport;

/// <summary>What comes in which order around later key exchanges: keys, sequence numbers, data, channels.</summary>
public class RekeyOrderTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    // Security 31: the reset belongs to every NEWKEYS, whoever asked for the exchange.
    [Fact]
    public async Task EveryNewKeys_ResetsTheSequenceNumber_WhoeverAsked()
    {
        var clock = new FakeTimeProvider();
        var (engine, peer) = await EngineFixture.ConnectAsync(EngineFixture.Config with { TimeProvider = clock });
        for (var i = 0; i < 6; i++)
        {
            await peer.SendPayloadAsync([19]);
            await peer.SendPayloadAsync([19]);
            await peer.ExpectAsync<Unimplemented>();
            await peer.ExpectAsync<Unimplemented>();
            if (i % 2 == 0)
            {
                clock.Advance(Hour);
                await peer.ReceiveKexInitAsync();
                await peer.SendKexInitAsync();
                await peer.FinishKeyExchangeAsync();
            }
            else
            {
                await peer.ExchangeKeysAsync();
            }

            await peer.SendPayloadAsync([19]);
            Assert.Equal(0u, (await peer.ExpectAsync<Unimplemented>()).SequenceNumber);
        }

        peer.Dispose();
        await engine.EndAsync();
    }

    // Security 40.
    [Fact]
    public async Task Packets_MakeTheServerAskForNewKeys()
    {
        var config = EngineFixture.Config with { Transport = new TransportLimits { RekeyPackets = 20 } };
        var (engine, peer) = await EngineFixture.ConnectAsync(config);
        for (var round = 0; round < 3; round++)
        {
            for (var i = 0; i < 20; i++)
            {
                await peer.SendAsync(new Ignore([1]));
            }

            await peer.ReceiveKexInitAsync();
            await peer.SendKexInitAsync();
            await peer.FinishKeyExchangeAsync();
        }

        await peer.SendAsync(new Ping([1]));
        await peer.ExpectAsync<Pong>();
        peer.Dispose();
        await engine.EndAsync();
    }

    // Security 40: the packets that we send wear the key as well.
    [Fact]
    public async Task SentPackets_MakeTheServerAskForNewKeys()
    {
        var config = EngineFixture.Config with { Transport = new TransportLimits { RekeyPackets = 40 } };
        var (engine, peer) = await EngineFixture.ConnectAsync(config);

        // So small a window makes small buffers, which all have room at once while another thread still sends the confirmation.
        await peer.SendAsync(new ChannelOpen("session", 1, 100, 100, []));
        await peer.ExpectAsync<ChannelOpenConfirmation>();
        Assert.True(engine.Channels.TryPeek(out var handler));
        for (var i = 0; i < 40; i++)
        {
            Assert.False(handler.Channel.RentData().IsEmpty);
            handler.Channel.CommitData(1);
        }

        await peer.ReceiveKexInitAsync();
        await peer.SendKexInitAsync();
        await peer.FinishKeyExchangeAsync();
        peer.Dispose();
        await engine.EndAsync();
    }

    [Fact]
    public async Task Keys_ChangeExactlyBehindNewKeys()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await peer.ExchangeKeysAsync(isNewKeysSent: false);

        // Under the old keys until NEWKEYS, which travels under them too; nothing after it.
        await peer.SendAsync(new Ignore([1]));
        await peer.SendAsync(default(NewKeys));
        await peer.SendAsync(new Ignore([1]));
        var goodbye = await peer.ReadToEndAsync();
        Assert.Equal((uint)DisconnectCode.MacError, goodbye?.Code);
        Assert.Equal("corrupted packet", goodbye?.Description);
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    [Fact]
    public async Task ChannelOpen_BeforeTheAnswerToOurKexInit_IsConfirmedUnderTheNewKeys()
    {
        var clock = new FakeTimeProvider();
        var (engine, peer) = await EngineFixture.ConnectAsync(EngineFixture.Config with { TimeProvider = clock });
        clock.Advance(Hour);
        await peer.ReceiveKexInitAsync();
        await peer.SendAsync(new ChannelOpen("session", 7, 1000, 1000, []));
        await peer.SendKexInitAsync();
        await peer.FinishKeyExchangeAsync();
        Assert.Equal(7u, (await peer.ExpectAsync<ChannelOpenConfirmation>()).Channel);
        peer.Dispose();
        await engine.EndAsync();
    }

    // A decision that comes in the middle of an exchange waits for its end, and nothing is lost.
    [Fact]
    public async Task ChannelOpen_DecidedDuringAKeyExchange_IsConfirmedAfterIt()
    {
        var decision = new TaskCompletionSource<ChannelOpenDecision>();
        var (engine, peer) = await EngineFixture.ConnectAsync(
            prepare: e => e.Decide = _ => new ValueTask<ChannelOpenDecision>(decision.Task));
        await peer.SendAsync(new ChannelOpen("session", 7, 1000, 1000, []));
        await peer.SendKexInitAsync();
        await peer.ReceiveKexInitAsync();
        decision.SetResult(new ChannelOpenDecision.Accepted(new RecordingChannel()));
        await peer.FinishKeyExchangeAsync();
        Assert.Equal(7u, (await peer.ExpectAsync<ChannelOpenConfirmation>()).Channel);
        peer.Dispose();
        await engine.EndAsync();
    }

    [Fact]
    public async Task BlockedConsumer_DoesNotHoldUpAKeyExchange()
    {
        var clock = new FakeTimeProvider();
        var (engine, peer) = await EngineFixture.ConnectAsync(
            EngineFixture.Config with { TimeProvider = clock }, e => e.Prepare = channel => channel.Appetite = 0);
        await peer.SendAsync(new ChannelOpen("session", 1, 1000, 1000, []));
        var number = (await peer.ExpectAsync<ChannelOpenConfirmation>()).SenderChannel;
        var half = new byte[30_000];
        await SendDataAsync(peer, number, half);
        clock.Advance(Hour);
        await peer.ReceiveKexInitAsync();
        await SendDataAsync(peer, number, half);
        await peer.SendKexInitAsync();
        await peer.FinishKeyExchangeAsync();
        await peer.ExchangeKeysAsync();

        Assert.True(engine.Channels.TryPeek(out var handler));
        Assert.Empty(handler.Events);
        handler.Appetite = int.MaxValue;
        handler.Channel.ResumeReceive();
        await peer.SendAsync(new ChannelEof(number));
        await peer.SendAsync(new ChannelClose(number));
        await peer.ExpectAsync<ChannelClose>();
        await handler.Closed.WaitAsync(ScriptedPeer.Patience);
        var taken = handler.Events.Where(e => e.StartsWith("data ", StringComparison.Ordinal)).Sum(e => int.Parse(e[5..], System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(2 * half.Length, taken);
        peer.Dispose();
        await engine.EndAsync();
    }

    // Security 33: what nobody takes comes to the end of its window, for no credit leaves.
    [Fact]
    public async Task UntakenDataWithoutAnAnswerToOurKexInit_EndsWithTheWindow()
    {
        var clock = new FakeTimeProvider();
        var config = EngineFixture.Config with { TimeProvider = clock, Channels = new ChannelLimits { Window = 200_000 } };
        var (engine, peer) = await EngineFixture.ConnectAsync(config, e => e.Prepare = channel => channel.Appetite = 0);
        await peer.SendAsync(new ChannelOpen("session", 1, 1000, 1000, []));
        var number = (await peer.ExpectAsync<ChannelOpenConfirmation>()).SenderChannel;
        clock.Advance(Hour);
        await peer.ReceiveKexInitAsync();

        // The last one exceeds it. No more is sent, for a reset would take the goodbye with it.
        for (var sent = 0; sent < 200_000; sent += 30_000)
        {
            await SendDataAsync(peer, number, new byte[30_000]);
        }

        Assert.Contains("exceed the window", (await peer.ReadToEndAsync())?.Description, StringComparison.Ordinal);
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    // Security 33: data that is taken costs nothing to keep, but goes on for no longer than the time allowed.
    [Fact]
    public async Task DataWithoutAnAnswerToOurKexInit_EndsWithTheTime()
    {
        var clock = new FakeTimeProvider();
        var (engine, peer) = await EngineFixture.ConnectAsync(EngineFixture.Config with { TimeProvider = clock });
        await peer.SendAsync(new ChannelOpen("session", 1, 1000, 1000, []));
        var number = (await peer.ExpectAsync<ChannelOpenConfirmation>()).SenderChannel;
        clock.Advance(Hour);
        await peer.ReceiveKexInitAsync();
        await SendUntilTheTimeIsOverAsync(engine, peer, clock, number);
    }

    // RFC 4253 section 7.1 forbids it, some clients do it, and sshd takes it.
    [Fact]
    public async Task DataAfterThePeersOwnKexInit_IsTakenInItsOrder_AndAnswersAreHeld()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await peer.SendAsync(new ChannelOpen("session", 1, 1000, 1000, []));
        var number = (await peer.ExpectAsync<ChannelOpenConfirmation>()).SenderChannel;
        await SendDataAsync(peer, number, "one "u8.ToArray());
        await peer.SendKexInitAsync();
        await SendDataAsync(peer, number, "two "u8.ToArray());
        await peer.SendAsync(new GlobalRequestMessage("keepalive@openssh.com", WantsReply: true, []));
        await peer.ReceiveKexInitAsync();
        await SendDataAsync(peer, number, "three "u8.ToArray());
        await peer.FinishKeyExchangeAsync();
        await peer.ExpectAsync<RequestSuccess>();
        await SendDataAsync(peer, number, "four"u8.ToArray());
        await peer.SendAsync(new Ping([1]));
        await peer.ExpectAsync<Pong>();
        Assert.True(engine.Channels.TryPeek(out var handler));
        Assert.Equal("one two three four", string.Concat(handler.Events.Select(e => e["data ".Length..])));
        peer.Dispose();
        await engine.EndAsync();
    }

    // Security 33: who begins and never finishes has its windows, and the time of an exchange.
    [Fact]
    public async Task DataWithoutEnd_AfterThePeersOwnKexInit_EndsWithTheTime()
    {
        var clock = new FakeTimeProvider();
        var (engine, peer) = await EngineFixture.ConnectAsync(EngineFixture.Config with { TimeProvider = clock });
        await peer.SendAsync(new ChannelOpen("session", 1, 1000, 1000, []));
        var number = (await peer.ExpectAsync<ChannelOpenConfirmation>()).SenderChannel;
        await peer.SendKexInitAsync();
        await peer.ReceiveKexInitAsync();
        await SendUntilTheTimeIsOverAsync(engine, peer, clock, number);
    }

    // Security 34: nor may it ask without end for answers that wait for the new keys.
    [Fact]
    public async Task RequestsWithoutEnd_AfterThePeersOwnKexInit_EndTheConnection()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await peer.SendKexInitAsync();
        await peer.ReceiveKexInitAsync();
        try
        {
            for (var i = 0; i < 5000; i++)
            {
                await peer.SendAsync(new GlobalRequestMessage("keepalive@openssh.com", WantsReply: true, []));
            }
        }
        catch (System.Net.Sockets.SocketException)
        {
            // It ended before the last of them.
        }

        // The goodbye is lost where the socket is reset because of bytes of ours that nobody read.
        Assert.Contains("wait to be read", (await peer.ReadToEndAsync())?.Description ?? "wait to be read", StringComparison.Ordinal);
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    private static async Task SendUntilTheTimeIsOverAsync(EngineFixture engine, ScriptedPeer peer, FakeTimeProvider clock, uint number)
    {
        const int Packets = 50;
        const int Bytes = 30_000;
        var handler = engine.Channels.Single();
        handler.Appetite = Packets * Bytes;
        for (var i = 0; i < Packets; i++)
        {
            await SendDataAsync(peer, number, new byte[Bytes]);
        }

        // With bytes of ours unread the socket would be reset, and the goodbye be lost.
        await Programs.WaitUntilAsync(() => handler.Appetite == 0, "what was sent to be taken");
        clock.Advance(new TransportLimits().RekeyTimeout);
        Assert.Equal("the key exchange took too long", (await peer.ReadToEndAsync())?.Description);
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    // A credit has the two fields that data begins with.
    private static Task SendDataAsync(ScriptedPeer peer, uint channel, byte[] data) => peer.SendPayloadAsync(
        [MessageNumber.ChannelData, .. ScriptedPeer.Encode(new ChannelWindowAdjust(channel, (uint)data.Length)).AsSpan(1), .. data]);
}
