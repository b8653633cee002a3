using Postern.Ssh.Connection;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Connection;

/// <summary>What belongs to no channel: opens, global requests, answers to no question, pings, ends.</summary>
public class MultiplexerTests
{
    [Theory]
    [InlineData(MessageNumber.RequestSuccess)]
    [InlineData(MessageNumber.RequestFailure)]
    [InlineData(MessageNumber.ChannelOpenConfirmation)]
    [InlineData(MessageNumber.ChannelOpenFailure)]
    [InlineData(MessageNumber.ChannelSuccess)]
    [InlineData(MessageNumber.ChannelFailure)]
    public async Task AnswerToNoQuestion_Disconnects(byte number)
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await ChannelTests.OpenAsync(peer);
        await peer.SendPayloadAsync([number, 0, 0, 0, 0]);
        await ChannelTests.ExpectProtocolErrorAsync(engine, peer, "to no question");
    }

    [Fact]
    public async Task GlobalRequests_AreAnsweredInOrder()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        var forward = MessageCodec.WritePart(new TcpIpForwardRequest("localhost", 8080), 100);
        await peer.SendAsync(new GlobalRequestMessage("tcpip-forward", true, forward));
        await peer.SendAsync(new GlobalRequestMessage("keepalive@openssh.com", true, []));
        await peer.SendAsync(new GlobalRequestMessage("unknown@example.com", false, [9]));
        await peer.SendAsync(new GlobalRequestMessage("unknown@example.com", true, [9]));
        await peer.ExpectAsync<RequestFailure>();
        await peer.ExpectAsync<RequestSuccess>();
        await peer.ExpectAsync<RequestFailure>();
        await ChannelTests.EndAsync(engine, peer);
    }

    [Fact]
    public async Task NoMoreSessions_IsKept_AndTunnelsGoOn()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await ChannelTests.OpenAsync(peer);
        await peer.SendAsync(new GlobalRequestMessage("no-more-sessions@openssh.com", false, []));
        await peer.SendAsync(DirectTcpIp("localhost", 80));
        await peer.ExpectAsync<ChannelOpenConfirmation>();
        await peer.SendAsync(new ChannelOpen("session", 1, 1, 1, []));
        await ChannelTests.ExpectProtocolErrorAsync(engine, peer, "no-more-sessions");
    }

    [Theory]
    [InlineData("x11")]
    [InlineData("forwarded-tcpip")]
    [InlineData("unknown@example.com")]
    public async Task ChannelOfUnknownType_IsRefused(string type)
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await peer.SendAsync(new ChannelOpen(type, 5, 1, 1, [1, 2, 3]));
        var failure = await peer.ExpectAsync<ChannelOpenFailure>();
        Assert.Equal((5u, (uint)ChannelOpenFailureReason.UnknownChannelType), (failure.Channel, failure.Reason));
        await ChannelTests.EndAsync(engine, peer);
    }

    [Fact]
    public async Task DirectTcpIp_ReachesTheHandlerAsSent()
    {
        ChannelOpenRequest? seen = null;
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Decide = request =>
        {
            seen = request;
            return ValueTask.FromResult<ChannelOpenDecision>(
                new ChannelOpenDecision.Refused(ChannelOpenFailureReason.ConnectFailed, "nobody there"));
        });
        await peer.SendAsync(DirectTcpIp("database.internal", 5432));
        var failure = await peer.ExpectAsync<ChannelOpenFailure>();
        Assert.Equal(((uint)ChannelOpenFailureReason.ConnectFailed, "nobody there"), (failure.Reason, failure.Description));
        Assert.Equal(new ChannelOpenRequest.DirectTcpIp("database.internal", 5432, "127.0.0.1", 1234), seen);
        await peer.SendAsync(DirectTcpIp("database.internal", 65_536));
        await peer.ExpectAsync<ChannelOpenFailure>();
        await ChannelTests.EndAsync(engine, peer);
    }

    [Fact]
    public async Task Opens_ThatWaitForADecision_DoNotHoldOthersUp_AndAreBounded()
    {
        var decision = new TaskCompletionSource<ChannelOpenDecision>();
        var config = EngineFixture.Config with { Channels = new ChannelLimits { PendingOpens = 2 } };
        var (engine, peer) = await EngineFixture.ConnectAsync(config, engine => engine.Decide =
            _ => new ValueTask<ChannelOpenDecision>(decision.Task));
        await peer.SendAsync(DirectTcpIp("a", 1));
        await peer.SendAsync(DirectTcpIp("b", 1));
        await peer.SendAsync(DirectTcpIp("c", 1));
        Assert.Equal((uint)ChannelOpenFailureReason.ResourceShortage, (await peer.ExpectAsync<ChannelOpenFailure>()).Reason);
        await ChannelTests.SettleAsync(peer);
        decision.SetResult(new ChannelOpenDecision.Refused(ChannelOpenFailureReason.ConnectFailed, "no"));
        await peer.ExpectAsync<ChannelOpenFailure>();
        await peer.ExpectAsync<ChannelOpenFailure>();
        engine.Decide = null;
        await peer.SendAsync(DirectTcpIp("d", 1));
        await peer.ExpectAsync<ChannelOpenConfirmation>();
        await ChannelTests.EndAsync(engine, peer);
    }

    // RFC 4254 section 6.1: nothing follows, and what follows all the same would be kept until somebody has decided.
    [Fact]
    public async Task SessionWithATail_Disconnects()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await peer.SendAsync(new ChannelOpen("session", 0, 1000, 1000, new byte[100_000]));
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    [Fact]
    public async Task OpenGrantedAfterTheEnd_IsTold()
    {
        var late = new RecordingChannel();
        var decision = new TaskCompletionSource<ChannelOpenDecision>();
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Decide =
            _ => new ValueTask<ChannelOpenDecision>(decision.Task));
        await peer.SendAsync(DirectTcpIp("a", 1));
        await ChannelTests.SettleAsync(peer);
        peer.Dispose();
        decision.SetResult(new ChannelOpenDecision.Accepted(late));
        await engine.EndAsync();
        await late.Closed.WaitAsync(ScriptedPeer.Patience);
        Assert.Equal(["closed"], late.Events);
    }

    [Fact]
    public async Task Channels_AreBounded_AndNumbersAreUsedAgain()
    {
        var config = EngineFixture.Config with { Channels = new ChannelLimits { MaximumChannels = 3 } };
        var (engine, peer) = await EngineFixture.ConnectAsync(config);
        for (var i = 0u; i < 3; i++)
        {
            Assert.Equal(i, (await ChannelTests.OpenAsync(peer)).SenderChannel);
        }

        await peer.SendAsync(new ChannelOpen("session", 1, 1, 1, []));
        Assert.Equal((uint)ChannelOpenFailureReason.ResourceShortage, (await peer.ExpectAsync<ChannelOpenFailure>()).Reason);
        await peer.SendAsync(new ChannelClose(1));
        await peer.ExpectAsync<ChannelClose>();
        Assert.Equal(1u, (await ChannelTests.OpenAsync(peer)).SenderChannel);
        await ChannelTests.EndAsync(engine, peer);
    }

    // Security 48: no number, no window and no pending open stays behind, decided at once or later.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OpensThatAreRefused_LeaveNothingBehind(bool isLater)
    {
        const int Rounds = 500;
        const int Batch = 20;
        var refused = new ChannelOpenDecision.Refused(ChannelOpenFailureReason.ConnectFailed, "no");
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: e => e.Decide = async _ =>
        {
            if (isLater)
            {
                await Task.Yield();
            }

            return refused;
        });
        for (var round = 0; round < Rounds; round++)
        {
            for (var i = 0; i < Batch; i++)
            {
                await peer.SendAsync(new ChannelOpen("session", (uint)i, 1000, 1000, []));
            }

            for (var i = 0; i < Batch; i++)
            {
                await peer.ExpectAsync<ChannelOpenFailure>();
            }
        }

        engine.Decide = null;
        await peer.SendAsync(new ChannelOpen("session", 1, 1000, 1000, []));
        var confirmation = await peer.ExpectAsync<ChannelOpenConfirmation>();
        Assert.Equal(0u, confirmation.SenderChannel);
        Assert.Equal((uint)new ChannelLimits().Window, confirmation.InitialWindow);
        peer.Dispose();
        await engine.EndAsync();
    }

    [Fact]
    public async Task OpenAndClose_ManyTimes_KeepsOneNumber()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Prepare = channel => channel.WhenOpened =
            opened => opened.Close());
        for (var i = 0; i < 2000; i++)
        {
            Assert.Equal(0u, (await ChannelTests.OpenAsync(peer)).SenderChannel);
            await peer.ExpectAsync<ChannelClose>();
            await peer.SendAsync(new ChannelClose(0));
        }

        await ChannelTests.EndAsync(engine, peer);
    }

    [Fact]
    public async Task WindowBudget_LeavesLaterChannelsASmallWindow()
    {
        var config = EngineFixture.Config with
        {
            Channels = new ChannelLimits { Window = 1000, SmallWindow = 100, WindowBudget = 2500 },
        };
        var (engine, peer) = await EngineFixture.ConnectAsync(config);
        Assert.Equal(1000u, (await ChannelTests.OpenAsync(peer)).InitialWindow);
        Assert.Equal(1000u, (await ChannelTests.OpenAsync(peer)).InitialWindow);
        Assert.Equal(100u, (await ChannelTests.OpenAsync(peer)).InitialWindow);
        await ChannelTests.EndAsync(engine, peer);
    }

    [Fact]
    public async Task Ping_IsBounded()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await peer.SendAsync(new Ping(new byte[1024]));
        Assert.Equal(1024, (await peer.ExpectAsync<Pong>()).Content.Length);
        await peer.SendAsync(new Ping(new byte[1025]));
        await ChannelTests.ExpectProtocolErrorAsync(engine, peer, "a ping of 1025 bytes");
    }

    [Fact]
    public async Task PeerThatAsksAndNeverReads_IsDropped()
    {
        var config = EngineFixture.Config with
        {
            Transport = new TransportLimits { QueuedControl = 100_000, LingerTimeout = TimeSpan.FromMilliseconds(10) },
        };
        var (engine, peer) = await EngineFixture.ConnectAsync(config);
        var pings = peer.Seal(ScriptedPeer.Encode(new Ping(new byte[1000])));
        while (!engine.Running.IsCompleted)
        {
            await peer.SendRawAsync(pings);
            pings = peer.Seal(ScriptedPeer.Encode(new Ping(new byte[1000])));
        }

        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    [Fact]
    public async Task Disconnect_ByTheHandler_SaysGoodbye()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await ChannelTests.OpenAsync(peer);
        engine.Connection!.Disconnect("your access was removed");
        engine.Connection.Disconnect("twice");
        var goodbye = await peer.ReadToEndAsync();
        Assert.Equal(((uint)DisconnectCode.ByApplication, "your access was removed"), (goodbye?.Code, goodbye?.Description));
        Assert.Equal(ConnectionEnd.LocalDisconnect, await engine.EndAsync());
        Assert.Equal(["closed"], engine.Channels.Single().Events);
        peer.Dispose();
    }

    [Fact]
    public async Task HandlerThatThrowsAtTheEnd_DoesNotHideTheReason()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        engine.WhenEnded = () => throw new InvalidOperationException("broken");
        peer.Dispose();
        Assert.Equal(ConnectionEnd.TransportClosed, await engine.EndAsync());
        Assert.Single(engine.Ends);
    }

    [Fact]
    public async Task Stop_SaysGoodbye()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await engine.StopAsync();
        Assert.Equal("the server is shutting down", (await peer.ReadToEndAsync())?.Description);
        Assert.Equal(ConnectionEnd.LocalDisconnect, await engine.EndAsync());
        peer.Dispose();
    }

    private static ChannelOpen DirectTcpIp(string host, uint port) => new(
        "direct-tcpip", 3, 1_000_000, 32_768, MessageCodec.WritePart(new DirectTcpIpOpen(host, port, "127.0.0.1", 1234), 200));
}
