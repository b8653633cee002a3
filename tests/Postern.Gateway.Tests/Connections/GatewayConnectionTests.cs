using Postern.Gateway.Authentication;
using Postern.Gateway.Connections;
using Postern.Gateway.Refusals;
using Postern.Gateway.Tests.Testing;
using Postern.Ssh.Connection;
using Postern.Ssh.Keys;
using Postern.Targets;

namespace Postern.Gateway.Tests.Connections;

public class GatewayConnectionTests
{
    private static readonly CancellationToken Never = CancellationToken.None;
    private static readonly Refusal Ended = new(RefusalCode.SessionEnded, "Run: postern login");
    private static readonly ChannelOpenRequest Session = new ChannelOpenRequest.Session();
    private static readonly ChannelOpenRequest Tunnel = TunnelTo(SmallTarget.Relationship, 5432);

    [Fact]
    public async Task Session_OpensAfterItsAuditRow()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);

        Assert.IsType<ChannelOpenDecision.Accepted>(await alice.Connection.OpenChannelAsync(Session, Never));

        var connected = Assert.Single(await fixture.AuditAsync("ssh.connected"));
        var opened = Assert.Single(await fixture.AuditAsync("ssh.session.opened"));
        Assert.Equal(fixture.Alice.Id.ToString(), opened.Actor);
        Assert.Equal(fixture.Service, opened.Subject);
        Assert.Equal(alice.Seen.Info.Id, opened.ConnectionId);
        Assert.Equal(alice.Seen.Info.Id, connected.ConnectionId);
        Assert.StartsWith("certificate ", connected.Detail, StringComparison.Ordinal);
        Assert.EndsWith(" from 192.0.2.7", connected.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NothingOpens_AfterWithdrawal()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        alice.Connection.Withdraw(Ended);
        alice.Connection.Renew(alice.Connection.Grant);

        foreach (var request in new[] { Session, Tunnel })
        {
            Assert.Contains("PST-203", await RefusalOfAsync(alice.Connection, request), StringComparison.Ordinal);
        }

        Assert.Empty(fixture.Target.Prepared);
        Assert.Empty(await fixture.AuditAsync("ssh.session.opened"));
    }

    [Fact]
    public async Task Withdrawal_WhileTheAppIsPrepared_OpensNothing()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        var preparing = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        fixture.Target.Preparing = _ =>
        {
            begun.SetResult();
            return preparing.Task;
        };
        var opening = alice.Connection.OpenChannelAsync(Session, Never);
        await begun.Task;

        alice.Connection.Withdraw(Ended);
        preparing.SetResult();

        Assert.Contains("PST-203", Assert.IsType<ChannelOpenDecision.Refused>(await opening).PeerMessage, StringComparison.Ordinal);
        Assert.Empty(fixture.Target.Opened);
        Assert.Empty(await fixture.AuditAsync("ssh.session.opened"));
    }

    [Fact]
    public async Task Withdrawal_WhileATunnelIsConnected_ClosesIt()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        var connecting = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        fixture.Target.OpeningTunnel = () =>
        {
            begun.SetResult();
            return connecting.Task;
        };
        var opening = alice.Connection.OpenChannelAsync(Tunnel, Never);
        await begun.Task;

        alice.Connection.Withdraw(Ended);
        connecting.SetResult();

        Assert.IsType<ChannelOpenDecision.Refused>(await opening);
        Assert.True(Assert.Single(fixture.Target.Opened).IsClosed);
    }

    [Fact]
    public async Task Engine_IsNotHeldUpByWhatOpeningTakes()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        using var slow = new ManualResetEventSlim();
        fixture.Target.Preparing = _ =>
        {
            // As a database does that works before it returns a task.
            slow.Wait(TimeSpan.FromMinutes(1), Never);
            return Task.CompletedTask;
        };

        var opening = alice.Connection.OpenChannelAsync(Session, Never);
        Assert.False(opening.IsCompleted);
        slow.Set();

        Assert.IsType<ChannelOpenDecision.Accepted>(await opening);
    }

    [Theory]
    [InlineData("database.internal", 5433)]
    [InlineData("127.0.0.1", 5432)]
    [InlineData("169.254.169.254", 80)]
    [InlineData("DATABASE.internal\u001b[2J", 5432)]
    public async Task Tunnel_ToWhatIsNoRelationship_IsRefused(string host, int port)
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);

        Assert.Contains("PST-401", await RefusalOfAsync(alice.Connection, TunnelTo(host, port)), StringComparison.Ordinal);
        Assert.Empty(await fixture.AuditAsync("ssh.tunnel.opened"));
        Assert.DoesNotContain(fixture.Log.Of(4007), line => line.Any(char.IsControl));
    }

    [Theory]
    [InlineData(TargetFailure.ConnectFailed, "PST-402")]
    [InlineData(TargetFailure.ServiceNotStarted, "PST-403")]
    [InlineData(TargetFailure.Stopping, "PST-403")]
    [InlineData(TargetFailure.NoSuchInstance, "PST-105")]
    public async Task Tunnel_ThatFails_SaysWhyWithoutOurInside(TargetFailure failure, string code)
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        fixture.Target.TunnelFailure = new TargetException(failure, "The service does not answer.", "connect /var/lib/secret: refused");

        var message = await RefusalOfAsync(alice.Connection, Tunnel);

        Assert.Contains(code, message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tunnels_ToOneDestination_AreOneAuditRowOfEachConnection()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var first = await fixture.ConnectAsync(fixture.Alice);
        var second = await fixture.ConnectAsync(fixture.Alice);

        await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => first.Connection.OpenChannelAsync(Tunnel, Never).AsTask()));
        await second.Connection.OpenChannelAsync(Tunnel, Never);

        var rows = await fixture.AuditAsync("ssh.tunnel.opened");
        Assert.Equal([first.Seen.Info.Id, second.Seen.Info.Id], rows.Select(r => r.ConnectionId));
        Assert.All(rows, row => Assert.Equal("database", row.Detail));
        Assert.Equal(51, fixture.Target.Opened.Count);
    }

    [Fact]
    public async Task Nothing_OpensThatCannotBeAudited()
    {
        await using var fixture = await GatewayFixture.CreateAsync();
        var alice = await fixture.ConnectAsync(fixture.Alice);
        await fixture.RunSqlAsync("ALTER TABLE audit_events RENAME TO audit_events_away");

        // Twice: the first failure must not count as a row.
        foreach (var request in new[] { Session, Tunnel, Tunnel })
        {
            await Assert.ThrowsAnyAsync<Exception>(async () => await alice.Connection.OpenChannelAsync(request, Never));
        }

        Assert.Empty(fixture.Target.Opened);
        using var key = Ed25519PrivateKey.Generate();
        await fixture.RegisterKeyAsync(fixture.Alice, key.PublicKey);
        await Assert.ThrowsAnyAsync<Exception>(async () => await fixture.Get<GatewayAuthenticator>().AuthenticateAsync(
            GatewayFixture.Attempt(key.PublicKey, fixture.Service), Never));

        await fixture.RunSqlAsync("ALTER TABLE audit_events_away RENAME TO audit_events");
        Assert.IsType<ChannelOpenDecision.Accepted>(await alice.Connection.OpenChannelAsync(Tunnel, Never));
        Assert.Single(await fixture.AuditAsync("ssh.tunnel.opened"));
    }

    private static ChannelOpenRequest TunnelTo(string host, int port) => new ChannelOpenRequest.DirectTcpIp(host, port, "127.0.0.1", 5000);

    private static async Task<string> RefusalOfAsync(GatewayConnection connection, ChannelOpenRequest request) =>
        Assert.IsType<ChannelOpenDecision.Refused>(await connection.OpenChannelAsync(request, Never)).PeerMessage;
}
