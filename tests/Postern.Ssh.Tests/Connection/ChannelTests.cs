using System.Text;
using Postern.Ssh.Connection;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Connection;

/// <summary>Channels: opening, windows, order, requests, ends.</summary>
public class ChannelTests
{
    private const uint PeerNumber = 77;

    [Fact]
    public async Task Confirmation_PrecedesTheFirstByte()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Prepare = channel =>
            channel.WhenOpened = opened => Send(opened, "hello"));
        var confirmation = await OpenAsync(peer);
        Assert.Equal(PeerNumber, confirmation.Channel);
        Assert.Equal("hello", await ReceiveTextAsync(peer));
        await EndAsync(engine, peer);
    }

    [Fact]
    public async Task ExitStatus_PrecedesEofAndClose_AndDataPrecedesThem()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await OpenAsync(peer);
        var channel = engine.Channels.Single().Channel;
        Send(channel, "last");
        channel.SendExitStatus(7);
        channel.SendEof();
        channel.Close();
        channel.Close();
        channel.SendExitStatus(8);
        channel.SendEof();

        Assert.Equal("last", await ReceiveTextAsync(peer));
        var status = await peer.ExpectAsync<ChannelRequestMessage>();
        Assert.Equal(("exit-status", false), (status.Name, status.WantsReply));
        Assert.Equal(7u, MessageCodec.ReadPart<ExitStatusRequest>(status.Rest).Status);
        await peer.ExpectAsync<ChannelEof>();
        await peer.ExpectAsync<ChannelClose>();
        Assert.False(engine.Channels.Single().Closed.IsCompleted);
        await peer.SendAsync(new ChannelClose(0));
        await engine.Channels.Single().Closed.WaitAsync(ScriptedPeer.Patience);
        await EndAsync(engine, peer);
    }

    [Fact]
    public async Task Finish_SendsTheOutcome_ThenEof_ThenClose_Once()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await OpenAsync(peer);
        var channel = engine.Channels.Single().Channel;
        Send(channel, "last");
        channel.Finish(new ChannelRequest.ExitStatus(7));
        channel.Finish(new ChannelRequest.ExitSignal("KILL", false, ""));

        Assert.Equal("last", await ReceiveTextAsync(peer));
        var status = await peer.ExpectAsync<ChannelRequestMessage>();
        Assert.Equal(("exit-status", false), (status.Name, status.WantsReply));
        Assert.Equal(7u, MessageCodec.ReadPart<ExitStatusRequest>(status.Rest).Status);
        await peer.ExpectAsync<ChannelEof>();
        await peer.ExpectAsync<ChannelClose>();
        await peer.SendAsync(new ChannelClose(0));
        await engine.Channels.Single().Closed.WaitAsync(ScriptedPeer.Patience);
        await EndAsync(engine, peer);
    }

    [Fact]
    public async Task ExitSignal_IsSent()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await OpenAsync(peer);
        engine.Channels.Single().Channel.SendExitSignal("KILL", isCoreDumped: false, "killed");
        var request = await peer.ExpectAsync<ChannelRequestMessage>();
        Assert.Equal(new ExitSignalRequest("KILL", false, "killed", ""), MessageCodec.ReadPart<ExitSignalRequest>(request.Rest));
        await EndAsync(engine, peer);
    }

    [Fact]
    public async Task StandardError_IsExtendedData()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await OpenAsync(peer);
        var channel = engine.Channels.Single().Channel;
        var buffer = channel.RentData();
        "oops"u8.CopyTo(buffer.Span);
        channel.CommitStandardError(4);
        var payload = await peer.ReceiveAsync();
        AssertExtended(payload);
        await EndAsync(engine, peer);

        static void AssertExtended(byte[]? payload)
        {
            var data = MessageCodec.Read<ChannelExtendedData>(payload);
            Assert.Equal((PeerNumber, 1u, "oops"), (data.Channel, data.Type, Encoding.ASCII.GetString(data.Data)));
        }
    }

    [Fact]
    public async Task DataBeyondTheWindow_Disconnects()
    {
        var config = EngineFixture.Config with { Channels = new ChannelLimits { Window = 1000, SmallWindow = 1000 } };
        var (engine, peer) = await EngineFixture.ConnectAsync(config, engine => engine.Prepare = channel => channel.Appetite = 0);
        Assert.Equal(1000u, (await OpenAsync(peer)).InitialWindow);
        await SendDataAsync(peer, 0, new byte[1000]);
        await SendDataAsync(peer, 0, new byte[1]);
        await ExpectProtocolErrorAsync(engine, peer, "exceed the window");
    }

    [Fact]
    public async Task DataBeyondTheMaximumPacket_Disconnects()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        var confirmation = await OpenAsync(peer);
        await SendDataAsync(peer, 0, new byte[(int)confirmation.MaximumPacket + 1]);
        await ExpectProtocolErrorAsync(engine, peer, "exceed the maximum packet");
    }

    [Fact]
    public async Task WindowAdjust_PastTheTop_Disconnects()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await OpenAsync(peer, window: 10);
        await peer.SendAsync(new ChannelWindowAdjust(0, uint.MaxValue - 10));
        await peer.SendAsync(new ChannelWindowAdjust(0, 1));
        await ExpectProtocolErrorAsync(engine, peer, "overflows the window");
    }

    [Fact]
    public async Task EmptyData_IsLegal()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await OpenAsync(peer);
        await SendDataAsync(peer, 0, []);
        await SendDataAsync(peer, 0, "x"u8.ToArray());
        await SettleAsync(peer);
        Assert.Equal(["data x"], engine.Channels.Single().Events);
        await EndAsync(engine, peer);
    }

    [Fact]
    public async Task Credit_ComesForTakenBytesOnly_InHalfWindows()
    {
        var config = EngineFixture.Config with { Channels = new ChannelLimits { Window = 1000, SmallWindow = 1000 } };
        var (engine, peer) = await EngineFixture.ConnectAsync(config, engine => engine.Prepare = channel => channel.Appetite = 499);
        await OpenAsync(peer);
        await SendDataAsync(peer, 0, new byte[1000]);
        await SettleAsync(peer);

        var handler = engine.Channels.Single();
        Assert.Equal(["data 499"], handler.Events);
        handler.Appetite = 1;
        handler.Channel.ResumeReceive();
        Assert.Equal(500u, (await peer.ExpectAsync<ChannelWindowAdjust>()).BytesToAdd);
        handler.Appetite = int.MaxValue;
        handler.Channel.ResumeReceive();
        Assert.Equal(500u, (await peer.ExpectAsync<ChannelWindowAdjust>()).BytesToAdd);
        await EndAsync(engine, peer);
    }

    [Fact]
    public async Task ExtendedDataOfAnyType_GivesItsCreditBack()
    {
        var config = EngineFixture.Config with { Channels = new ChannelLimits { Window = 1000, SmallWindow = 1000 } };
        var (engine, peer) = await EngineFixture.ConnectAsync(config);
        await OpenAsync(peer);
        foreach (var type in new[] { 1u, 99u })
        {
            var buffer = new byte[600];
            var length = MessageCodec.Write(new ChannelExtendedData(0, type, new byte[500]), buffer);
            await peer.SendPayloadAsync(buffer[..length]);
            Assert.Equal(500u, (await peer.ExpectAsync<ChannelWindowAdjust>()).BytesToAdd);
        }

        Assert.Empty(engine.Channels.Single().Events);
        await EndAsync(engine, peer);
    }

    [Fact]
    public async Task SendWindow_StopsTheHandler_AndAnAdjustWakesIt()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await OpenAsync(peer, window: 5);
        var channel = engine.Channels.Single().Channel;
        var buffer = channel.RentData();
        Assert.Equal(5, buffer.Length);
        channel.CommitData(5);
        Assert.Equal(0, channel.RentData().Length);
        var waiting = channel.WaitToSendAsync(CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        await peer.ReceiveAsync();
        await peer.SendAsync(new ChannelWindowAdjust(0, 3));
        Assert.True(await waiting);
        Assert.Equal(3, channel.RentData().Length);
        channel.CommitData(0);
        Assert.Equal(3, channel.RentData().Length);
        channel.CommitData(3);
        await EndAsync(engine, peer);
    }

    [Fact]
    public async Task WaitToSend_EndsWithItsToken_OrTheChannel_OrTheConnection()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await OpenAsync(peer, window: 0);
        await OpenAsync(peer, window: 0);
        var channels = engine.Channels.ToArray();
        using var cancellation = new CancellationTokenSource();
        var cancelled = channels[0].Channel.WaitToSendAsync(cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(async () => await cancelled);

        var closed = channels[0].Channel.WaitToSendAsync(CancellationToken.None);
        await peer.SendAsync(new ChannelClose(0));
        Assert.False(await closed);
        var ended = channels[1].Channel.WaitToSendAsync(CancellationToken.None);
        await EndAsync(engine, peer);
        Assert.False(await ended);
        Assert.False(await channels[1].Channel.WaitToSendAsync(CancellationToken.None));
    }

    [Theory]
    [InlineData("data")]
    [InlineData("eof")]
    [InlineData("close")]
    [InlineData("adjust")]
    [InlineData("request")]
    [InlineData("extended")]
    public async Task Message_ToAnUnknownOrClosedChannel_Disconnects(string kind)
    {
        foreach (var isClosed in new[] { true, false })
        {
            var (engine, peer) = await EngineFixture.ConnectAsync();
            if (isClosed)
            {
                await OpenAsync(peer);
                await peer.SendAsync(new ChannelClose(0));
                await peer.ExpectAsync<ChannelClose>();
            }

            await peer.SendPayloadAsync(Make(kind, 0));
            await ExpectProtocolErrorAsync(engine, peer, "there is no channel 0");
        }
    }

    [Theory]
    [InlineData("data")]
    [InlineData("eof")]
    public async Task Message_AfterEof_Disconnects(string kind)
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await OpenAsync(peer);
        await peer.SendAsync(new ChannelEof(0));
        await peer.SendPayloadAsync(Make(kind, 0));
        await ExpectProtocolErrorAsync(engine, peer, "after its end");
    }

    [Theory]
    [InlineData("data")]
    [InlineData("eof")]
    [InlineData("close")]
    [InlineData("request")]
    public async Task Message_AfterCloseWithDataStillUntaken_Disconnects(string kind)
    {
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Prepare = channel => channel.Appetite = 0);
        await OpenAsync(peer);
        await SendDataAsync(peer, 0, "x"u8.ToArray());
        await peer.SendAsync(new ChannelClose(0));
        await peer.SendPayloadAsync(Make(kind, 0));
        await peer.ReadToEndAsync();
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        Assert.Equal(["closed"], engine.Channels.Single().Events);
        peer.Dispose();
    }

    [Fact]
    public async Task UntakenData_IsDeliveredBeforeEofAndClose()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Prepare = channel => channel.Appetite = 2);
        await OpenAsync(peer);
        await SendDataAsync(peer, 0, "abc"u8.ToArray());
        await SendDataAsync(peer, 0, "def"u8.ToArray());
        await peer.SendAsync(new ChannelEof(0));
        await peer.SendAsync(new ChannelClose(0));
        await peer.ExpectAsync<ChannelClose>();
        var handler = engine.Channels.Single();
        Assert.Equal(["data ab"], handler.Events);
        handler.Appetite = int.MaxValue;
        handler.Channel.ResumeReceive();
        await handler.Closed.WaitAsync(ScriptedPeer.Patience);
        Assert.Equal(["data ab", "data cdef", "eof", "closed"], handler.Events);
        await EndAsync(engine, peer);
    }

    [Fact]
    public async Task HandlerThatClosesAfterThePeer_WithDataUntaken_IsDone()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Prepare = channel => channel.Appetite = 0);
        await OpenAsync(peer);
        await SendDataAsync(peer, 0, "x"u8.ToArray());
        await peer.SendAsync(new ChannelClose(0));
        await peer.ExpectAsync<ChannelClose>();
        var handler = engine.Channels.Single();
        Assert.False(handler.Closed.IsCompleted);
        handler.Channel.Close();
        await handler.Closed.WaitAsync(ScriptedPeer.Patience);
        Assert.Equal(0u, (await OpenAsync(peer)).SenderChannel);
        await EndAsync(engine, peer);
    }

    [Fact]
    public async Task DataAfterOurClose_IsDroppedQuietly()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await OpenAsync(peer);
        var handler = engine.Channels.Single();
        handler.Channel.Close();
        await SendDataAsync(peer, 0, "late"u8.ToArray());
        await peer.SendPayloadAsync(Make("request", 0));
        await peer.SendAsync(new ChannelEof(0));
        await peer.SendAsync(new ChannelClose(0));
        await handler.Closed.WaitAsync(ScriptedPeer.Patience);
        Assert.Equal(["closed"], handler.Events);
        await EndAsync(engine, peer);
    }

    [Fact]
    public async Task CommandThatIsOverBeforeItsRequestIsAnswered_ClosesBehindTheAnswer()
    {
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Prepare = channel => channel.Answer = _ =>
        {
            // As its process ends, on another thread.
            channel.Channel.SendExitStatus(7);
            channel.Channel.SendEof();
            channel.Channel.Close();
            return new ValueTask<bool>(answer.Task);
        });
        await OpenAsync(peer);
        var exec = MessageCodec.WritePart(new ExecRequest("run"u8.ToArray()), 100);
        await peer.SendAsync(new ChannelRequestMessage(0, "exec", true, exec));
        Assert.Equal("exit-status", (await peer.ExpectAsync<ChannelRequestMessage>()).Name);
        await peer.ExpectAsync<ChannelEof>();

        answer.SetResult(true);
        await peer.ExpectAsync<ChannelSuccess>();
        await peer.ExpectAsync<ChannelClose>();
        await peer.SendAsync(new ChannelClose(0));
        await engine.Channels.Single().Closed.WaitAsync(ScriptedPeer.Patience);
        await EndAsync(engine, peer);
    }

    [Fact]
    public async Task Close_BeforeTheAnswer_IsAnsweredAtOnceWhenThePeerClosesToo()
    {
        var never = new TaskCompletionSource<bool>();
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Prepare = channel => channel.Answer = _ =>
        {
            channel.Channel.Close();
            return new ValueTask<bool>(never.Task);
        });
        await OpenAsync(peer);
        var exec = MessageCodec.WritePart(new ExecRequest("run"u8.ToArray()), 100);
        await peer.SendAsync(new ChannelRequestMessage(0, "exec", true, exec));
        await peer.SendAsync(new ChannelClose(0));
        await peer.ExpectAsync<ChannelClose>();
        await engine.Channels.Single().Closed.WaitAsync(ScriptedPeer.Patience);
        never.SetResult(true);
        await EndAsync(engine, peer);
    }

    [Fact]
    public async Task Requests_WaitForTheAnswerBefore_OtherChannelsDoNot()
    {
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Prepare = channel => channel.Answer =
            request => request is ChannelRequest.Exec ? new ValueTask<bool>(answer.Task) : ValueTask.FromResult(true));
        await OpenAsync(peer);
        await OpenAsync(peer);
        var env = MessageCodec.WritePart(new EnvRequest("A", "b"), 100);
        var exec = MessageCodec.WritePart(new ExecRequest("run"u8.ToArray()), 100);
        await peer.SendAsync(new ChannelRequestMessage(0, "env", false, env));
        await peer.SendAsync(new ChannelRequestMessage(0, "exec", true, exec));
        await SendDataAsync(peer, 0, "in"u8.ToArray());
        await peer.SendAsync(new ChannelRequestMessage(0, "env", true, env));
        await peer.SendAsync(new ChannelEof(0));
        await peer.SendAsync(new ChannelRequestMessage(1, "env", true, env));
        await peer.ExpectAsync<ChannelSuccess>();
        Assert.Equal(["env A=b", "exec run"], engine.Channels.First().Events);
        Assert.Equal(["env A=b"], engine.Channels.Last().Events);

        answer.SetResult(false);
        await peer.ExpectAsync<ChannelFailure>();
        await peer.ExpectAsync<ChannelSuccess>();
        await SettleAsync(peer);
        Assert.Equal(["env A=b", "exec run", "data in", "env A=b", "eof"], engine.Channels.First().Events);
        await EndAsync(engine, peer);
    }

    [Fact]
    public async Task WaitingRequests_AreBounded()
    {
        var never = new TaskCompletionSource<bool>();
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Prepare = channel => channel.Answer =
            _ => new ValueTask<bool>(never.Task));
        await OpenAsync(peer);
        for (var i = 0; i < 258; i++)
        {
            await peer.SendAsync(new ChannelRequestMessage(0, "shell", true, []));
        }

        var goodbye = await peer.ReadToEndAsync();
        never.SetCanceled();
        Assert.Contains("too many requests", goodbye?.Description, StringComparison.Ordinal);
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    [Fact]
    public async Task HandlerThatThrows_LosesItsChannelOnly()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Prepare = channel => channel.WhenOpened =
            _ => throw new InvalidOperationException("broken"));
        await OpenAsync(peer);
        await peer.ExpectAsync<ChannelClose>();
        await SendDataAsync(peer, 0, "late"u8.ToArray());
        await peer.SendAsync(new ChannelClose(0));
        engine.Prepare = _ => { };
        Assert.Equal(0u, (await OpenAsync(peer)).SenderChannel);
        Assert.Equal(["closed"], engine.Channels.First().Events);
        await EndAsync(engine, peer);
    }

    // What the peer had sent before it heard of the end: answers that it owed, and requests, of which nobody keeps any.
    [Theory]
    [InlineData(2, 0)]
    [InlineData(0, 1000)]
    public async Task HandlerThatThrows_LosesItsChannelOnly_WhateverIsUnderWay(int answers, int requests)
    {
        List<Task<bool>> asked = [];
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Prepare = channel => channel.WhenOpened = opened =>
        {
            asked.AddRange(Enumerable.Range(0, answers).Select(_ => opened.RequestAsync(new ChannelRequest.Shell(), CancellationToken.None)));
            throw new InvalidOperationException("broken");
        });
        await OpenAsync(peer);
        for (var i = 0; i < answers; i++)
        {
            await peer.ExpectAsync<ChannelRequestMessage>();
        }

        await peer.ExpectAsync<ChannelClose>();
        Assert.All(await Task.WhenAll(asked), Assert.False);
        for (var i = 0; i < answers; i++)
        {
            await peer.SendAsync(new ChannelSuccess(0));
        }

        for (var i = 0; i < requests; i++)
        {
            await peer.SendAsync(new ChannelRequestMessage(0, "env@example.com", false, new byte[1000]));
        }

        await peer.SendAsync(new ChannelEof(0));
        await peer.SendAsync(new ChannelClose(0));
        engine.Prepare = _ => { };
        Assert.Equal(0u, (await OpenAsync(peer)).SenderChannel);
        await peer.SendAsync(new ChannelSuccess(0));
        await ExpectProtocolErrorAsync(engine, peer, "to no question");
    }

    [Fact]
    public async Task ConnectionEnd_TellsEveryChannelOnce_ThenTheHandler()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await OpenAsync(peer);
        await OpenAsync(peer);
        await peer.SendAsync(new Disconnect(11, "bye", ""));
        Assert.Equal(ConnectionEnd.PeerDisconnected, await engine.EndAsync());
        Assert.All(engine.Channels, channel => Assert.Equal(["closed"], channel.Events));
        Assert.Equal([ConnectionEnd.PeerDisconnected], engine.Ends);
        peer.Dispose();
    }

    internal static async Task<ChannelOpenConfirmation> OpenAsync(ScriptedPeer peer, uint window = 1_000_000)
    {
        await peer.SendAsync(new ChannelOpen("session", PeerNumber, window, 32_768, []));
        return await peer.ExpectAsync<ChannelOpenConfirmation>();
    }

    internal static Task SendDataAsync(ScriptedPeer peer, uint channel, byte[] data)
    {
        var buffer = new byte[data.Length + ChannelData.HeaderLength];
        MessageCodec.Write(new ChannelData(channel, data), buffer);
        return peer.SendPayloadAsync(buffer);
    }

    /// <summary>Waits until the engine has handled all that was sent.</summary>
    internal static async Task SettleAsync(ScriptedPeer peer)
    {
        await peer.SendAsync(new Ping([42]));
        await peer.ExpectAsync<Pong>();
    }

    internal static async Task EndAsync(EngineFixture engine, ScriptedPeer peer)
    {
        peer.Dispose();
        Assert.Equal(ConnectionEnd.TransportClosed, await engine.EndAsync());
        engine.Dispose();
    }

    internal static async Task ExpectProtocolErrorAsync(EngineFixture engine, ScriptedPeer peer, string text)
    {
        var goodbye = await peer.ReadToEndAsync();
        Assert.Equal((uint)DisconnectCode.ProtocolError, goodbye?.Code);
        Assert.Contains(text, goodbye?.Description, StringComparison.Ordinal);
        Assert.Equal(ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
        engine.Dispose();
    }

    internal static void Send(Channel channel, string text)
    {
        var buffer = channel.RentData();
        channel.CommitData(Encoding.ASCII.GetBytes(text, buffer.Span));
    }

    internal static async Task<string> ReceiveTextAsync(ScriptedPeer peer)
    {
        var payload = await peer.ReceiveAsync();
        return Encoding.ASCII.GetString(MessageCodec.Read<ChannelData>(payload).Data);
    }

    private static byte[] Make(string kind, uint channel) => kind switch
    {
        "data" => [MessageNumber.ChannelData, 0, 0, 0, (byte)channel, 0, 0, 0, 1, 65],
        "extended" => [MessageNumber.ChannelExtendedData, 0, 0, 0, (byte)channel, 0, 0, 0, 1, 0, 0, 0, 1, 65],
        "eof" => ScriptedPeer.Encode(new ChannelEof(channel)),
        "close" => ScriptedPeer.Encode(new ChannelClose(channel)),
        "adjust" => ScriptedPeer.Encode(new ChannelWindowAdjust(channel, 1)),
        _ => ScriptedPeer.Encode(new ChannelRequestMessage(channel, "shell", true, [])),
    };
}
