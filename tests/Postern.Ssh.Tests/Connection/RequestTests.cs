using Postern.Ssh.Connection;
using Postern.Ssh.Messages;
using Postern.Ssh.Tests.Fixtures;

namespace Postern.Ssh.Tests.Connection;

/// <summary>Requests in both directions: the peer's global ones, and ours, global and on a channel.</summary>
public class RequestTests
{
    [Fact]
    public async Task GlobalRequests_ReachTheHandlerAsSent()
    {
        var seen = new List<GlobalRequest>();
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Answer = request =>
        {
            seen.Add(request);
            return ValueTask.FromResult(request is GlobalRequest.TcpIpForward ? GlobalReply.ForPort(40_000) : GlobalReply.Failure);
        });
        GlobalRequest[] sent =
        [
            new GlobalRequest.TcpIpForward("", 0),
            new GlobalRequest.CancelTcpIpForward("localhost", 40_000),
            new GlobalRequest.StreamLocalForward("/run/a.sock"),
            new GlobalRequest.CancelStreamLocalForward("/run/a.sock"),
        ];
        foreach (var request in sent)
        {
            await SendAsync(peer, request, wantsReply: true);
        }

        await peer.SendAsync(new GlobalRequestMessage("other@example.com", false, [7]));
        var reply = new GlobalReply(true, (await peer.ExpectAsync<RequestSuccess>()).Rest);
        Assert.Equal(40_000, reply.ReadPort());
        await peer.ExpectAsync<RequestFailure>();
        await peer.ExpectAsync<RequestFailure>();
        await peer.ExpectAsync<RequestFailure>();
        await ChannelTests.SettleAsync(peer);
        Assert.Equal(sent, seen.Take(4));
        Assert.Equal("other@example.com", Assert.IsType<GlobalRequest.Other>(seen[4]).Name);
        await ChannelTests.EndAsync(engine, peer);
    }

    [Fact]
    public async Task Replies_KeepTheOrder_WhenADecisionTakesTime()
    {
        var decision = new TaskCompletionSource<GlobalReply>();
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Answer = _ => new(decision.Task));
        await SendAsync(peer, new GlobalRequest.TcpIpForward("localhost", 0), wantsReply: true);
        await SendAsync(peer, new GlobalRequest.KeepAlive(), wantsReply: true);
        await peer.SendAsync(new GlobalRequestMessage("keepalive@openssh.com", false, []));
        await ChannelTests.OpenAsync(peer);
        decision.SetResult(GlobalReply.ForPort(1234));
        Assert.Equal(4, (await peer.ExpectAsync<RequestSuccess>()).Rest.Length);
        Assert.Empty((await peer.ExpectAsync<RequestSuccess>()).Rest);
        await ChannelTests.EndAsync(engine, peer);
    }

    [Fact]
    public async Task PortThatThereIsNot_IsRefusedWithoutAsking()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Answer =
            _ => throw new InvalidOperationException("asked"));
        var tail = MessageCodec.WritePart(new TcpIpForwardRequest("localhost", 65_536), 100);
        await peer.SendAsync(new GlobalRequestMessage("tcpip-forward", true, tail));
        await peer.ExpectAsync<RequestFailure>();
        await ChannelTests.EndAsync(engine, peer);
    }

    [Fact]
    public async Task HandlerThatThrows_IsARefusal()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync(prepare: engine => engine.Answer =
            _ => throw new InvalidOperationException("broken"));
        await SendAsync(peer, new GlobalRequest.TcpIpForward("localhost", 8080), wantsReply: true);
        await peer.ExpectAsync<RequestFailure>();
        engine.Answer = _ => ValueTask.FromException<GlobalReply>(new InvalidOperationException("broken"));
        await SendAsync(peer, new GlobalRequest.TcpIpForward("localhost", 8080), wantsReply: true);
        await peer.ExpectAsync<RequestFailure>();
        await ChannelTests.EndAsync(engine, peer);
    }

    [Theory]
    [InlineData("tcpip-forward")]
    [InlineData("cancel-tcpip-forward")]
    [InlineData("streamlocal-forward@openssh.com")]
    [InlineData("cancel-streamlocal-forward@openssh.com")]
    public async Task MalformedGlobalRequest_Disconnects(string name)
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await peer.SendAsync(new GlobalRequestMessage(name, true, [0, 0, 0, 9, 1]));
        Assert.NotNull(await peer.ReadToEndAsync());
        Assert.Equal(Server.ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    [Fact]
    public async Task WaitingGlobalRequests_AreBounded()
    {
        var never = new TaskCompletionSource<GlobalReply>();
        var config = EngineFixture.Config with { Channels = new ChannelLimits { PendingRequests = 3 } };
        var (engine, peer) = await EngineFixture.ConnectAsync(config, engine => engine.Answer = _ => new(never.Task));
        for (var i = 0; i < 6; i++)
        {
            await SendAsync(peer, new GlobalRequest.TcpIpForward("localhost", 0), wantsReply: true);
        }

        var goodbye = await peer.ReadToEndAsync();
        never.SetCanceled();
        Assert.Contains("too many global requests", goodbye?.Description, StringComparison.Ordinal);
        Assert.Equal(Server.ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    [Fact]
    public async Task OurGlobalRequests_AreAnsweredInOrder_AndEndWithTheConnection()
    {
        var config = EngineFixture.Config with { Channels = new ChannelLimits { PendingAnswers = 3 } };
        var (engine, peer) = await EngineFixture.ConnectAsync(config);
        var asked = Enumerable.Range(0, 3).Select(i => engine.Connection!.RequestAsync(
            new GlobalRequest.Other($"{i}@example.com", new byte[] { (byte)i }), CancellationToken.None)).ToArray();
        await Assert.ThrowsAsync<InvalidOperationException>(() => engine.Connection!.RequestAsync(
            new GlobalRequest.KeepAlive(), CancellationToken.None));
        for (var i = 0; i < 3; i++)
        {
            var request = await peer.ExpectAsync<GlobalRequestMessage>();
            Assert.Equal(($"{i}@example.com", true), (request.Name, request.WantsReply));
        }

        await peer.SendAsync(new RequestSuccess([5]));
        await peer.SendAsync(default(RequestFailure));
        Assert.Equal([5], (await asked[0]).Content.ToArray());
        Assert.Equal(GlobalReply.Failure, await asked[1]);
        await ChannelTests.EndAsync(engine, peer);
        Assert.Equal(GlobalReply.Failure, await asked[2]);
        Assert.Equal(GlobalReply.Failure, await engine.Connection!.RequestAsync(new GlobalRequest.KeepAlive(), CancellationToken.None));
    }

    // Security 46: one answer too many.
    [Fact]
    public async Task SecondGlobalAnswer_Disconnects()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        var asked = engine.Connection!.RequestAsync(new GlobalRequest.KeepAlive(), CancellationToken.None);
        await peer.ExpectAsync<GlobalRequestMessage>();
        await peer.SendAsync(default(RequestFailure));
        Assert.False((await asked).IsGranted);
        await peer.SendAsync(default(RequestFailure));
        await ChannelTests.ExpectProtocolErrorAsync(engine, peer, "to no question");
    }

    [Fact]
    public async Task OurChannelRequests_AreAnsweredInOrder_AndEndWithTheChannel()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await ChannelTests.OpenAsync(peer);
        var channel = engine.Channels.Single().Channel;
        ChannelRequest[] requests =
        [
            new ChannelRequest.PseudoTerminal("xterm", new TerminalSize(80, 24, 0, 0), new byte[] { 0 }),
            new ChannelRequest.EnvironmentVariable("LANG", "C"),
            new ChannelRequest.Exec("ls"u8.ToArray()),
        ];
        var asked = requests.Select(request => channel.RequestAsync(request, CancellationToken.None)).ToArray();
        channel.Send(new ChannelRequest.WindowChange(new TerminalSize(1, 2, 3, 4)));
        (string, bool)[] expected = [("pty-req", true), ("env", true), ("exec", true), ("window-change", false)];
        foreach (var (name, wantsReply) in expected)
        {
            var request = await peer.ExpectAsync<ChannelRequestMessage>();
            Assert.Equal((name, wantsReply), (request.Name, request.WantsReply));
        }

        await peer.SendAsync(new ChannelSuccess(0));
        await peer.SendAsync(new ChannelFailure(0));
        Assert.True(await asked[0]);
        Assert.False(await asked[1]);
        await peer.SendAsync(new ChannelClose(0));
        Assert.False(await asked[2]);
        Assert.False(await channel.RequestAsync(new ChannelRequest.Shell(), CancellationToken.None));
        await ChannelTests.EndAsync(engine, peer);
    }

    [Fact]
    public void EveryChannelRequest_IsReadAsWritten()
    {
        ChannelRequest[] requests =
        [
            new ChannelRequest.EnvironmentVariable("NAME", "välue"),
            new ChannelRequest.Shell(),
            new ChannelRequest.Subsystem("sftp"),
            new ChannelRequest.WindowChange(new TerminalSize(1, 2, 3, 4)),
            new ChannelRequest.FlowControl(true),
            new ChannelRequest.Signal("TERM"),
            new ChannelRequest.Break(500),
            new ChannelRequest.AgentForwarding(),
            new ChannelRequest.EndOfWrite(),
            new ChannelRequest.ExitStatus(7),
            new ChannelRequest.ExitSignal("KILL", true, "killed"),
        ];
        foreach (var request in requests)
        {
            var (name, tail) = ChannelRequestCodec.Write(request);
            Assert.Equal(request, ChannelRequestCodec.Read(name, tail));
        }

        var (execName, execTail) = ChannelRequestCodec.Write(new ChannelRequest.Exec("a b"u8.ToArray()));
        Assert.Equal("a b"u8, Assert.IsType<ChannelRequest.Exec>(ChannelRequestCodec.Read(execName, execTail)).Command.Span);
        Assert.Throws<ArgumentException>(() => ChannelRequestCodec.Write(new ChannelRequest.Unknown("x")));
    }

    // Security 51: a truncated exit-status is a protocol error like another.
    [Fact]
    public async Task TruncatedExitStatus_Disconnects()
    {
        var (engine, peer) = await EngineFixture.ConnectAsync();
        await ChannelTests.OpenAsync(peer);
        await peer.SendAsync(new ChannelRequestMessage(0, "exit-status", false, [0, 0]));
        Assert.NotNull(await peer.ReadToEndAsync());
        Assert.Equal(Server.ConnectionEnd.ProtocolError, await engine.EndAsync());
        peer.Dispose();
    }

    private static Task SendAsync(ScriptedPeer peer, GlobalRequest request, bool wantsReply)
    {
        var (name, tail) = GlobalRequestCodec.Write(request);
        return peer.SendAsync(new GlobalRequestMessage(name, wantsReply, tail));
    }
}
