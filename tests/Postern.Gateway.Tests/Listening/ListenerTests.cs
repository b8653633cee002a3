using System.Net;
using System.Net.Sockets;
using Postern.Authority;
using Postern.Gateway.Connections;
using Postern.Gateway.Listening;
using Postern.Gateway.Tests.Testing;
using Postern.Ssh.Server;
using Postern.Testing;

namespace Postern.Gateway.Tests.Listening;

/// <summary>The listener and the host's identity over real sockets, with the machine's own ssh.</summary>
public sealed class ListenerTests : IAsyncLifetime
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private GatewayFixture _fixture = null!;
    private ListeningGateway _gateway = null!;

    public Task InitializeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Port_ThatIsTaken_IsNamedWithItsSetting()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var endPoint = (IPEndPoint)other.LocalEndpoint;
        _fixture = await GatewayFixture.CreateAsync(new GatewayConfig { Listen = [new IPEndPoint(IPAddress.Loopback, 0), endPoint] });

        var exception = await Assert.ThrowsAsync<ListenException>(() => _fixture.Hosted<SshListener>().StartAsync(Never));

        Assert.Contains($"{endPoint}", exception.Message, StringComparison.Ordinal);
        Assert.Contains("ssh.listen", exception.Message, StringComparison.Ordinal);
        Assert.Empty(_fixture.Log.Of(4000));
    }

    [Fact]
    public async Task Address_ThatThisMachineLacks_IsNamedWithItsSetting()
    {
        _fixture = await GatewayFixture.CreateAsync(new GatewayConfig { Listen = [new IPEndPoint(IPAddress.Parse("192.0.2.1"), 0)] });

        var exception = await Assert.ThrowsAsync<ListenException>(() => _fixture.Hosted<SshListener>().StartAsync(Never));

        Assert.Contains("no such address. Change ssh.listen", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Startups_AreLimitedAndCountedDownWhenPeersLeave()
    {
        await ListenAsync(new GatewayConfig { Listen = [], Startups = new StartupRange(2, 100, 2) });
        using (await _gateway.ConnectAsync())
        using (await _gateway.ConnectAsync())
        {
            Assert.Null(await _gateway.TryConnectAsync());
            Assert.Single(_fixture.Log.Of(4001));
        }

        await _gateway.AssertRoomForAsync(2);
    }

    [Fact]
    public async Task Startups_OfOneAddress_LeaveRoomForOthers()
    {
        await ListenAsync(new GatewayConfig { Listen = [], Startups = new StartupRange(10, 100, 10), MaximumStartupsPerAddress = 2 });
        using (await _gateway.ConnectAsync())
        using (await _gateway.ConnectAsync())
        {
            Assert.Null(await _gateway.TryConnectAsync());
            Assert.Single(_fixture.Log.Of(4020));
        }

        await _gateway.AssertRoomForAsync(2);
    }

    [Fact]
    public async Task Startups_AreCountedDownWhenTheLoginGraceEnds()
    {
        // 43 in small: ten rounds of expiries leave no slot behind.
        await ListenAsync(new GatewayConfig { Listen = [], Startups = new StartupRange(3, 100, 3) });
        for (var round = 0; round < 10; round++)
        {
            using var first = await _gateway.ConnectWhenThereIsRoomAsync();
            using var second = await _gateway.ConnectWhenThereIsRoomAsync();
            using var third = await _gateway.ConnectWhenThereIsRoomAsync();

            _fixture.Clock.Advance(new AuthenticationLimits().LoginGrace);

            await Task.WhenAll(ListeningGateway.ReadToEndAsync(first), ListeningGateway.ReadToEndAsync(second), ListeningGateway.ReadToEndAsync(third));
        }

        await _gateway.AssertRoomForAsync(3);
    }

    [Fact]
    public async Task Connections_AreLimitedAndCountedDownWhenTheyLeave()
    {
        await ListenAsync(new GatewayConfig { Listen = [], MaximumConnections = 1 });
        var ssh = await _gateway.StayAsync();

        Assert.Null(await _gateway.TryConnectAsync());
        Assert.Single(_fixture.Log.Of(4002));

        ssh.Kill();
        await _gateway.AssertRoomForAsync(1);
        Assert.Equal(0, _fixture.Live.Count);
    }

    [Fact]
    public async Task Connections_ThatAreIn_DoNotCountAsStartups()
    {
        await ListenAsync(new GatewayConfig { Listen = [], Startups = new StartupRange(1, 100, 1) });
        await _gateway.StayAsync();
        await _gateway.StayAsync();

        Assert.Equal(2, _fixture.Live.Count);
        await _gateway.AssertRoomForAsync(1);
    }

    [Fact]
    public async Task Stop_TellsWhoIsConnectedAndEndsWithThem()
    {
        await ListenAsync(new GatewayConfig { Listen = [] });
        var ssh = await _gateway.StayAsync();

        // The clock stands still: it ends because the client leaves, not because the grace is over.
        await _fixture.Hosted<SshListener>().StopAsync(Never).WaitAsync(TimeSpan.FromMinutes(1));

        Assert.Contains("The server is restarting", await ssh.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(0, _fixture.Live.Count);
        await Assert.ThrowsAsync<SocketException>(_gateway.ConnectAsync);
    }

    [Fact]
    public async Task Stop_WaitsForTheSilentOnlyForTheGrace()
    {
        await ListenAsync(new GatewayConfig { Listen = [] });
        using var silent = await _gateway.ConnectAsync();

        var stopping = _fixture.Hosted<SshListener>().StopAsync(Never);
        await Programs.WaitUntilAsync(
            () =>
            {
                _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
                return stopping.IsCompleted;
            },
            "the end of the listener");

        await stopping;
        await ListeningGateway.ReadToEndAsync(silent);
    }

    [Fact]
    public async Task HostCertificate_IsRenewedWithTimeAndUsedByNewConnections()
    {
        await ListenAsync(new GatewayConfig { Listen = [] });
        var staying = await _gateway.StayAsync();
        var first = _fixture.Get<HostIdentity>().Current[0].Certificate!;
        Assert.Contains($"serial {first.Serial} ", (await _gateway.SshAsync(options: "-v")).Error, StringComparison.Ordinal);

        _fixture.Clock.Advance(HostIdentity.RenewalInterval);
        await Programs.WaitUntilAsync(
            () => _fixture.Get<HostIdentity>().Current[0].Certificate!.Serial != first.Serial, "the renewal");

        var second = _fixture.Get<HostIdentity>().Current[0].Certificate!;
        Assert.Equal(first.ValidBefore + HostIdentity.RenewalInterval.TotalSeconds, second.ValidBefore);
        var result = await _gateway.SshAsync(options: "-v");
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains($"serial {second.Serial} ", result.Error, StringComparison.Ordinal);
        Assert.False(staying.HasExited);
    }

    [Fact]
    public async Task HostKeys_AllHaveACertificateOfTheSameAuthority()
    {
        await ListenAsync(new GatewayConfig { Listen = [] });
        var current = _fixture.Get<HostIdentity>().Current;
        Assert.Equal(_fixture.HostKeys.Select(key => key.PublicKey), current.Select(key => key.Certificate!.Key));
        Assert.All(current, key => Assert.Equal(_fixture.Authority.TrustedHostAuthorities[0], key.Certificate!.SignatureKey));

        var first = _fixture.Authority.TrustedHostAuthorities[0];
        await _fixture.Authority.RotateAsync(AuthorityPurpose.HostCertificates, Never);
        await _fixture.Get<HostIdentity>().RenewIfRotatedAsync(Never);
        Assert.All(_fixture.Get<HostIdentity>().Current, key => Assert.NotEqual(first, key.Certificate!.SignatureKey));
    }

    [Fact]
    public async Task HostCertificate_ThatCannotBeRenewed_IsUsedOn()
    {
        await ListenAsync(new GatewayConfig { Listen = [] });
        var first = _fixture.Get<HostIdentity>().Current[0];
        await _fixture.RunSqlAsync("ALTER TABLE authority_keys RENAME TO authority_keys_away");
        await Assert.ThrowsAnyAsync<Exception>(() => _fixture.Authority.ReloadAsync(Never));

        // The keys that the Authority knows are good for a few seconds of real time; after that it must ask the table.
        await Programs.WaitUntilAsync(
            () =>
            {
                _fixture.Clock.Advance(HostIdentity.RenewalInterval);
                return _fixture.Log.Of(4014).Count > 0;
            },
            "a renewal that fails");

        var serial = _fixture.Get<HostIdentity>().Current[0].Certificate!.Serial;
        Assert.Equal(first.Signer, _fixture.Get<HostIdentity>().Current[0].Signer);
        await _fixture.RunSqlAsync("ALTER TABLE authority_keys_away RENAME TO authority_keys");
        await Programs.WaitUntilAsync(
            () =>
            {
                _fixture.Clock.Advance(HostIdentity.RenewalInterval);
                return _fixture.Get<HostIdentity>().Current[0].Certificate!.Serial != serial;
            },
            "a renewal that succeeds");
    }

    [Fact]
    public async Task Faults_OfOurs_TellThePeerNothingOfOurInside()
    {
        await ListenAsync(new GatewayConfig { Listen = [] });
        var master = await _gateway.StayAsync("-M", "-S", Path.Combine(_fixture.Folder, "mux"));
        await _fixture.RunSqlAsync("ALTER TABLE audit_events RENAME TO audit_events_away");

        var channel = await _gateway.SshAsync(options: ["-S", Path.Combine(_fixture.Folder, "mux")]);
        Assert.NotEqual(0, channel.ExitCode);
        Assert.Empty(_fixture.Target.Opened);
        Assert.False(master.HasExited);

        var connection = await _gateway.SshAsync();
        Assert.Equal(255, connection.ExitCode);
        Assert.Contains("internal error", connection.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("audit", connection.Error + channel.Error, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("SQL", connection.Error + channel.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Connection_WhoseHandlerFailsAtItsEnd_IsForgottenAllTheSame()
    {
        // 43: a slot that is never given back.
        await ListenAsync(new GatewayConfig { Listen = [], MaximumConnections = 1 });
        var begun = new TaskCompletionSource();
        _fixture.Target.Preparing = async token =>
        {
            var cancelled = new TaskCompletionSource();
            _ = token.Register(() => throw new InvalidOperationException("a fault of ours"));
            _ = token.Register(cancelled.SetResult);
            begun.SetResult();
            await cancelled.Task;
        };
        var client = _gateway.Start("ssh", [.. _gateway.Arguments([_gateway.Destination(), "true"])]);
        await begun.Task;
        Assert.Equal(1, _fixture.Live.Count);

        client.Kill();

        await Programs.WaitUntilAsync(() => _fixture.Live.Count == 0, "the end of the connection");
        await _gateway.AssertRoomForAsync(1);
    }

    [Fact]
    public async Task Right_ThatIsTakenAway_EndsARealClientWithTheReason()
    {
        await ListenAsync(new GatewayConfig { Listen = [] });
        var ssh = await _gateway.StayAsync();
        await _fixture.RunSqlAsync("DELETE FROM ssh_keys");

        await _fixture.Hosted<GrantWatch>().RecheckAsync(Never);

        Assert.Contains("PST-203", await ssh.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
    }

    public async Task DisposeAsync()
    {
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }
        else if (_fixture is not null)
        {
            await _fixture.DisposeAsync();
        }
    }

    private async Task ListenAsync(GatewayConfig config)
    {
        _gateway = await ListeningGateway.StartAsync(config);
        _fixture = _gateway.Fixture;
    }
}
