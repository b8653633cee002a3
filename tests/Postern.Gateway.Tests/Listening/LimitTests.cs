using System.Net;
using System.Net.Sockets;
using System.Text;
using Postern.Gateway.Connections;
using Postern.Gateway.Listening;
using Postern.Gateway.Tests.Testing;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Testing;

namespace Postern.Gateway.Tests.Listening;

/// <summary>Each limit of the listener bites over real sockets, is counted, and is in the log.</summary>
public sealed class LimitTests
{
    private static readonly GatewayConfig NobodyExempt = new() { Listen = [], Penalties = new PenaltyLimits { Exempt = [] } };

    [Fact]
    public async Task Startups_AreDroppedAtRandomBeforeAllOfThemAre()
    {
        await using var gateway = await ListeningGateway.StartAsync(new GatewayConfig { Listen = [], Startups = new StartupRange(1, 50, 1000) });
        using var counts = new MeteredCounts(gateway.Fixture.Get<GatewayMetrics>().Meter);
        var clients = new List<TcpClient> { await gateway.ConnectAsync() };
        for (var i = 0; i < 40; i++)
        {
            if (await gateway.TryConnectAsync() is { } client)
            {
                clients.Add(client);
            }
        }

        // A fair coin falls on one side 40 times in a row once in 10^12 runs.
        Assert.InRange(clients.Count, 2, 40);
        Assert.Equal(41 - clients.Count, counts["postern_gateway_refused_connections startups"]);
        Assert.Contains("the limit is 1:50:1000", Assert.Single(gateway.Fixture.Log.Of(4001)), StringComparison.Ordinal);
        clients.ForEach(c => c.Dispose());
        await gateway.WaitUntilEmptyAsync();
        Assert.Equal(0, counts["postern_gateway_startups"] + counts["postern_gateway_connections"]);
    }

    [Fact]
    public async Task Address_HasSoManyConnections()
    {
        await using var gateway = await ListeningGateway.StartAsync(new GatewayConfig { Listen = [], MaximumConnectionsPerAddress = 2 });
        using var counts = new MeteredCounts(gateway.Fixture.Get<GatewayMetrics>().Meter);
        var first = await gateway.StayAsync();
        await gateway.StayAsync();

        Assert.Null(await gateway.TryConnectAsync());

        Assert.Equal(1, counts["postern_gateway_refused_connections connections_per_address"]);
        Assert.Contains("127.0.0.1", Assert.Single(gateway.Fixture.Log.Of(4040)), StringComparison.Ordinal);
        first.Kill();
        using var next = await gateway.ConnectWhenThereIsRoomAsync();
    }

    [Fact]
    public async Task Person_HasSoManyConnectionsAndIsToldSo()
    {
        await using var gateway = await ListeningGateway.StartAsync(new GatewayConfig { Listen = [], MaximumConnectionsPerUser = 2 });
        using var counts = new MeteredCounts(gateway.Fixture.Get<GatewayMetrics>().Meter);
        var first = await gateway.StayAsync();
        await gateway.StayAsync();
        Assert.Equal(2, counts["postern_gateway_authenticated"]);

        var refused = await gateway.SshAsync();

        Assert.Equal(255, refused.ExitCode);
        Assert.Contains("Error: Too many of your connections are open.", refused.Error, StringComparison.Ordinal);
        Assert.Contains("Code: PST-501", refused.Error, StringComparison.Ordinal);
        Assert.Equal(1, counts["postern_gateway_refused_people PST-501"]);
        Assert.Contains("TooManyConnections", Assert.Single(gateway.Fixture.Log.Of(4004)), StringComparison.Ordinal);

        first.Kill();
        await Programs.WaitUntilAsync(() => gateway.Fixture.Live.Count == 1, "the end of a connection");
        var let = await gateway.SshAsync();
        Assert.True(let.ExitCode == 0, let.ToString());
        await Programs.WaitUntilAsync(() => counts["postern_gateway_authenticated"] == 1, "the end of the connection");
    }

    [Fact]
    public async Task Person_WhoseLoginFailsAtTheLastStep_KeepsNoPlace()
    {
        await using var fixture = await GatewayFixture.CreateAsync(new GatewayConfig { Listen = [], MaximumConnectionsPerUser = 1 });
        await fixture.RunSqlAsync("ALTER TABLE audit_events RENAME TO audit_events_away");
        await Assert.ThrowsAnyAsync<Exception>(() => fixture.ConnectAsync(fixture.Alice));
        Assert.Equal(0, fixture.Get<UserConnections>().People);
        await fixture.RunSqlAsync("ALTER TABLE audit_events_away RENAME TO audit_events");

        var alice = await fixture.ConnectAsync(fixture.Alice);
        Assert.Equal(1, fixture.Get<UserConnections>().People);

        alice.Connection.OnEnded(ConnectionEnd.PeerDisconnected);
        alice.Connection.OnEnded(ConnectionEnd.PeerDisconnected);
        Assert.Equal(0, fixture.Get<UserConnections>().People);
    }

    [Fact]
    public async Task Source_ThatFailsToLogIn_IsKeptOutForAWhile()
    {
        // Security 12, 53: with the machine's own ssh, as a scanner would, under names that no app can have.
        await using var gateway = await ListeningGateway.StartAsync(NobodyExempt);
        using var counts = new MeteredCounts(gateway.Fixture.Get<GatewayMetrics>().Meter);
        using var stranger = Ed25519PrivateKey.Generate();
        var key = await gateway.WriteKeyAsync("stranger", stranger);
        foreach (var user in new[] { "root", "1000", "..%2f--" })
        {
            Assert.Contains("Permission denied", (await gateway.SshAsync(user, key)).Error, StringComparison.Ordinal);
            await gateway.WaitUntilEmptyAsync();
        }

        for (var i = 0; i < 50; i++)
        {
            Assert.Null(await gateway.TryConnectAsync());
        }

        Assert.Equal(3, counts["postern_gateway_penalties invalid_user"]);
        Assert.Equal(1, counts["postern_gateway_penalties_active"]);
        Assert.Equal(50, counts["postern_gateway_refused_connections penalty"]);
        Assert.Contains("127.0.0.1", Assert.Single(gateway.Fixture.Log.Of(4042)), StringComparison.Ordinal);
        Assert.Single(gateway.Fixture.Log.Of(4041));

        gateway.Fixture.Clock.Advance(TimeSpan.FromSeconds(15));
        var result = await gateway.SshAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Equal(0, counts["postern_gateway_penalties_active"]);
    }

    [Fact]
    public async Task Agent_WithManyKeysOfWhichTheLastIsGood_IsNotPenalised()
    {
        await using var gateway = await ListeningGateway.StartAsync(NobodyExempt);
        using var counts = new MeteredCounts(gateway.Fixture.Get<GatewayMetrics>().Meter);
        var identities = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            using var other = Ed25519PrivateKey.Generate();
            identities.AddRange(["-i", await gateway.WriteKeyAsync($"other{i}", other)]);
        }

        // ssh offers keys in the order of its options, and Alice's is to be the sixth.
        var good = Path.Combine(gateway.Fixture.Folder, "id");
        for (var round = 0; round < 6; round++)
        {
            var result = await gateway.SshAsync(null, identities[1], null, [.. identities[2..], "-i", good, "-v"]);
            Assert.True(result.ExitCode == 0, result.ToString());
            Assert.Equal(6, result.Error.Split("Offering public key").Length - 1);
            await gateway.WaitUntilEmptyAsync();
        }

        Assert.Equal(0, counts["postern_gateway_penalties_active"]);
        Assert.Equal(0, counts["postern_gateway_penalties authentication_failed"]);
    }

    [Fact]
    public async Task Person_WhoIsToldWhy_CanComeBackAtOnce()
    {
        await using var gateway = await ListeningGateway.StartAsync(NobodyExempt);
        using var counts = new MeteredCounts(gateway.Fixture.Get<GatewayMetrics>().Meter);
        for (var i = 0; i < 5; i++)
        {
            Assert.Contains("PST-101", (await gateway.SshAsync(gateway.Fixture.ServiceOf("other"))).Error, StringComparison.Ordinal);
            await gateway.WaitUntilEmptyAsync();
        }

        Assert.Equal(5, counts["postern_gateway_penalties denied"]);
        Assert.Equal(0, (await gateway.SshAsync()).ExitCode);
    }

    [Fact]
    public async Task Source_ThatIsExempt_IsNeverKeptOut()
    {
        await using var gateway = await ListeningGateway.StartAsync();
        using var counts = new MeteredCounts(gateway.Fixture.Get<GatewayMetrics>().Meter);
        for (var i = 0; i < 30; i++)
        {
            (await gateway.ConnectAsync()).Dispose();
            await gateway.WaitUntilEmptyAsync();
        }

        Assert.Equal(0, counts["postern_gateway_penalties no_authentication"]);
        (await gateway.ConnectAsync()).Dispose();
    }

    [Fact]
    public async Task SlowBytes_EndWithTheLoginGraceAndAPenalty()
    {
        // Security 36: a peer that never ends its first line, byte by byte.
        await using var gateway = await ListeningGateway.StartAsync(NobodyExempt);
        using var counts = new MeteredCounts(gateway.Fixture.Get<GatewayMetrics>().Meter);
        using var first = await gateway.ConnectAsync();
        using var second = await gateway.ConnectAsync();
        foreach (var letter in "SSH-2.0-slow"u8.ToArray())
        {
            await first.GetStream().WriteAsync(new[] { letter });
            gateway.Fixture.Clock.Advance(TimeSpan.FromSeconds(9));
        }

        Assert.Equal(2, gateway.Admission.Startups);
        gateway.Fixture.Clock.Advance(new AuthenticationLimits().LoginGrace - TimeSpan.FromSeconds(9 * 12));

        await Task.WhenAll(ListeningGateway.ReadToEndAsync(first), ListeningGateway.ReadToEndAsync(second));
        await gateway.WaitUntilEmptyAsync();
        Assert.Equal(2, counts["postern_gateway_penalties grace_exceeded"]);
        Assert.Null(await gateway.TryConnectAsync());
    }

    [Fact]
    public async Task Garbage_AndConnectionsWithoutATry_AreAddedUp()
    {
        // Security 73: what strangers do before anything is agreed costs them, and us nothing.
        await using var gateway = await ListeningGateway.StartAsync(NobodyExempt);
        using var counts = new MeteredCounts(gateway.Fixture.Get<GatewayMetrics>().Meter);
        for (var i = 0; i < 15; i++)
        {
            using var client = await gateway.ConnectAsync();
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(i % 2 == 0 ? "GET / HTTP/1.1\r\n\r\n" : "\0\0\0\0\n"));
            await ListeningGateway.ReadToEndAsync(client);
            await gateway.WaitUntilEmptyAsync();
        }

        Assert.Equal(15, counts["postern_gateway_penalties no_authentication"]);
        Assert.Null(await gateway.TryConnectAsync());
    }

    [Fact]
    public async Task IPv6_IsServedAndCountedByNetwork()
    {
        await using var gateway = await ListeningGateway.StartAsync(
            new GatewayConfig { Listen = [], MaximumStartupsPerAddress = 2 }, IPAddress.IPv6Loopback);
        var result = await gateway.SshAsync();
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("from ::1", Assert.Single(await gateway.Fixture.AuditAsync("ssh.connected")).Detail, StringComparison.Ordinal);
        await gateway.WaitUntilEmptyAsync();

        await gateway.AssertRoomForAsync(2);

        Assert.Contains("from ::1 ", Assert.Single(gateway.Fixture.Log.Of(4020)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnyIPv6Address_LeavesThePortToIPv4()
    {
        await using var gateway = await ListeningGateway.StartAsync(null, IPAddress.IPv6Any);
        using var ipv4 = new TcpListener(IPAddress.Any, gateway.Port);
        ipv4.Start();
        var result = await Programs.RunAsync("ssh", gateway.Arguments([$"{gateway.Fixture.Service}@::1", "true"]));
        Assert.True(result.ExitCode == 0, result.ToString());
    }

    [Fact]
    public async Task HundredThousandExpiriesAndAborts_LeaveNoCountBehind()
    {
        // Security 43, with the classes that count, as the listener calls them; ListenerTests has it with sockets.
        await using var fixture = await GatewayFixture.CreateAsync(NobodyExempt);
        var admission = fixture.Get<Admission>();
        using var counts = new MeteredCounts(fixture.Get<GatewayMetrics>().Meter);
        var graceOver = new ConnectionSummary { End = ConnectionEnd.AuthenticationFailed, IsGraceOver = true };
        var aborted = new ConnectionSummary { End = ConnectionEnd.TransportClosed };
        Parallel.For(0, 100_000, i =>
        {
            var address = new IPAddress(new byte[] { 10, (byte)(i >> 16), (byte)(i >> 8), (byte)i });
            Assert.True(admission.TryOpen(address));
            admission.TryAdmit(address)?.Leave(i % 3 == 0 ? null : i % 3 == 1 ? graceOver : aborted);
            admission.Close();
        });

        Assert.Equal(0, admission.Open);
        Assert.Equal(0, admission.Startups);
        Assert.Equal(0, counts["postern_gateway_startups"] + counts["postern_gateway_connections"]);
        fixture.Clock.Advance(new PenaltyLimits().Maximum);
        Assert.Equal(0, counts["postern_gateway_penalties_active"]);
        Assert.NotNull(admission.TryAdmit(IPAddress.Loopback));
    }
}
