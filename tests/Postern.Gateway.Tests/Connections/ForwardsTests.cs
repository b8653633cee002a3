using System.Net;
using Postern.Gateway.Connections;
using Postern.Gateway.Refusals;
using Postern.Gateway.Tests.Testing;
using Postern.Ssh.Connection;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Targets;

namespace Postern.Gateway.Tests.Connections;

/// <summary>What a connection may have listened on, and what reaches the person through it.</summary>
public class ForwardsTests
{
    private static readonly CancellationToken Never = CancellationToken.None;
    private static readonly GlobalRequest AnyPort = new GlobalRequest.TcpIpForward("localhost", 0);
    private static readonly GlobalRequest Socket = new GlobalRequest.StreamLocalForward("/run/x.sock");

    [Fact]
    public async Task Forward_IsAuditedAndAnsweredWithItsPort()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);

        Assert.Equal(40_000, (await alice.Connection.AnswerAsync(AnyPort, Never)).ReadPort());
        Assert.True((await alice.Connection.AnswerAsync(Socket, Never)).IsGranted);

        Assert.Equal(
            ["localhost:0", "/run/x.sock"], (await fixture.AuditAsync("ssh.forward.opened")).Select(row => row.Detail));
        Assert.Equal(2, fixture.Target.Listening.Count);
    }

    [Fact]
    public async Task Connection_ReachesThePerson_AsItWasAskedFor()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        await alice.Connection.AnswerAsync(AnyPort, Never);

        var handler = new SmallSession();
        await fixture.Target.Listening.Values.Single()(handler, new IPEndPoint(IPAddress.Loopback, 5555), Never);

        Assert.Equal([new ChannelOpenRequest.ForwardedTcpIp("localhost", 40_000, "127.0.0.1", 5555)], alice.Seen.Opened);
    }

    [Fact]
    public async Task Connection_AfterTheGrantWasWithdrawn_ReachesNobody()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        await alice.Connection.AnswerAsync(AnyPort, Never);
        alice.Connection.Withdraw(new Refusal(RefusalCode.SessionEnded, "Run: postern login"));

        var handler = new SmallSession();
        var result = await fixture.Target.Listening.Values.Single()(handler, null, Never);

        Assert.IsType<ChannelOpenResult.Refused>(result);
        Assert.True(handler.IsClosed);
        Assert.Empty(alice.Seen.Opened);
        Assert.False((await alice.Connection.AnswerAsync(Socket, Never)).IsGranted);
    }

    // Security 55.
    [Fact]
    public async Task Cancel_OfAnothersForward_IsRefused()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var first = await fixture.ConnectAsync(fixture.Alice);
        var second = await fixture.ConnectAsync(fixture.Alice);
        await first.Connection.AnswerAsync(AnyPort, Never);
        await first.Connection.AnswerAsync(Socket, Never);
        GlobalRequest[] cancels =
        [
            new GlobalRequest.CancelTcpIpForward("localhost", 40_000), new GlobalRequest.CancelStreamLocalForward("/run/x.sock"),
        ];
        foreach (var cancel in cancels)
        {
            Assert.False((await second.Connection.AnswerAsync(cancel, Never)).IsGranted);
            Assert.True((await first.Connection.AnswerAsync(cancel, Never)).IsGranted);
            Assert.False((await first.Connection.AnswerAsync(cancel, Never)).IsGranted);
        }

        Assert.Empty(fixture.Target.Listening);
    }

    [Fact]
    public async Task Forwards_AreBounded_AndEndWithTheConnection()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        for (var i = 0; i < Forwards.Maximum; i++)
        {
            Assert.True((await alice.Connection.AnswerAsync(new GlobalRequest.StreamLocalForward($"/run/{i}"), Never)).IsGranted);
        }

        Assert.False((await alice.Connection.AnswerAsync(Socket, Never)).IsGranted);
        alice.Connection.OnEnded(ConnectionEnd.PeerDisconnected);
        Assert.Empty(fixture.Target.Listening);
    }

    // Security 57, and the same for ports and sockets.
    [Fact]
    public async Task Certificate_WithoutPermission_ForwardsNothing()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        var grant = alice.Connection.Grant;
        var certificate = grant.Proof.Certificate! with { Permissions = CertificatePermissions.None };
        alice.Connection.Renew(grant with { Proof = grant.Proof with { Certificate = certificate } });

        Assert.False((await alice.Connection.AnswerAsync(AnyPort, Never)).IsGranted);
        Assert.False((await alice.Connection.AnswerAsync(Socket, Never)).IsGranted);
        var refused = Assert.IsType<ChannelOpenDecision.Refused>(
            await alice.Connection.OpenChannelAsync(new ChannelOpenRequest.DirectStreamLocal("/run/x.sock"), Never));
        Assert.Contains("PST-", refused.PeerMessage, StringComparison.Ordinal);
        await alice.Connection.OpenChannelAsync(new ChannelOpenRequest.Session(), Never);
        Assert.Null(fixture.Target.Sessions.Single().OpenKeyAgent);
        Assert.Empty(fixture.Target.Listening);
    }

    // Whatever runs in the app can connect to a forwarded port as often as it likes, and each is a question to the Directory.
    [Fact]
    public async Task Connections_ThatWaitToReachThePerson_AreBounded()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        await alice.Connection.AnswerAsync(AnyPort, Never);
        var opener = fixture.Target.Listening.Values.Single();
        alice.Seen.Opening = new TaskCompletionSource();
        var waiting = Enumerable.Range(0, 32).Select(_ => opener(new SmallSession(), null, Never)).ToList();

        var handler = new SmallSession();
        var refused = Assert.IsType<ChannelOpenResult.Refused>(await opener(handler, null, Never));
        Assert.Equal(ChannelOpenFailureReason.ResourceShortage, refused.Reason);
        Assert.True(handler.IsClosed);

        alice.Seen.Opening.SetResult();
        await Task.WhenAll(waiting);
        await opener(new SmallSession(), null, Never);
        Assert.Equal(33, alice.Seen.Opened.Count);
    }

    [Fact]
    public async Task Socket_ThatLeadsNowhere_LeavesNothingInTheTrail()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        fixture.Target.TunnelFailure = new TargetException(TargetFailure.ConnectFailed, "The socket does not accept connections.", "no such file");
        Assert.IsType<ChannelOpenDecision.Refused>(
            await alice.Connection.OpenChannelAsync(new ChannelOpenRequest.DirectStreamLocal("/run/none.sock"), Never));
        Assert.Empty(await fixture.AuditAsync("ssh.tunnel.opened"));

        fixture.Target.TunnelFailure = null;
        Assert.IsType<ChannelOpenDecision.Accepted>(
            await alice.Connection.OpenChannelAsync(new ChannelOpenRequest.DirectStreamLocal("/run/x.sock"), Never));
        Assert.Equal("/run/x.sock", Assert.Single(await fixture.AuditAsync("ssh.tunnel.opened")).Detail);
    }

    [Fact]
    public async Task Agent_IsThePersonsOwn()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        await alice.Connection.OpenChannelAsync(new ChannelOpenRequest.Session(), Never);
        await fixture.Target.Sessions.Single().OpenKeyAgent!(new SmallSession(), null, Never);
        Assert.Equal([new ChannelOpenRequest.KeyAgent()], alice.Seen.Opened);
    }
}
