using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Postern.Gateway.Connections;
using Postern.Gateway.Listening;
using Postern.Gateway.Tests.Testing;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Testing;

namespace Postern.Gateway.Tests.Listening;

/// <summary>The listener and the host's identity over real sockets, with the machine's own ssh.</summary>
public sealed class ListenerTests : IAsyncLifetime
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private readonly List<Process> _clients = [];
    private readonly Ed25519PrivateKey _key = Ed25519PrivateKey.Generate();
    private GatewayFixture _fixture = null!;
    private int _port;

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
        await ListenAsync(new GatewayConfig { Listen = [], MaximumStartups = 2 });
        using (await ConnectAsync())
        using (await ConnectAsync())
        {
            Assert.Null(await TryConnectAsync());
            Assert.Single(_fixture.Log.Of(4001));
        }

        await AssertRoomForAsync(2);
    }

    [Fact]
    public async Task Startups_OfOneAddress_LeaveRoomForOthers()
    {
        await ListenAsync(new GatewayConfig { Listen = [], MaximumStartups = 10, MaximumStartupsPerAddress = 2 });
        using (await ConnectAsync())
        using (await ConnectAsync())
        {
            Assert.Null(await TryConnectAsync());
            Assert.Single(_fixture.Log.Of(4020));
        }

        await AssertRoomForAsync(2);
    }

    [Fact]
    public async Task Startups_AreCountedDownWhenTheLoginGraceEnds()
    {
        // 43 in small: ten rounds of expiries leave no slot behind.
        await ListenAsync(new GatewayConfig { Listen = [], MaximumStartups = 3 });
        for (var round = 0; round < 10; round++)
        {
            using var first = await ConnectWhenThereIsRoomAsync();
            using var second = await ConnectWhenThereIsRoomAsync();
            using var third = await ConnectWhenThereIsRoomAsync();

            _fixture.Clock.Advance(new AuthenticationLimits().LoginGrace);

            await Task.WhenAll(ReadToEndAsync(first), ReadToEndAsync(second), ReadToEndAsync(third));
        }

        await AssertRoomForAsync(3);
    }

    [Fact]
    public async Task Connections_AreLimitedAndCountedDownWhenTheyLeave()
    {
        await ListenAsync(new GatewayConfig { Listen = [], MaximumConnections = 1 });
        var ssh = await StayAsync();

        Assert.Null(await TryConnectAsync());
        Assert.Single(_fixture.Log.Of(4002));

        ssh.Kill();
        await AssertRoomForAsync(1);
        Assert.Equal(0, _fixture.Live.Count);
    }

    [Fact]
    public async Task Connections_ThatAreIn_DoNotCountAsStartups()
    {
        await ListenAsync(new GatewayConfig { Listen = [], MaximumStartups = 1 });
        await StayAsync();
        await StayAsync();

        Assert.Equal(2, _fixture.Live.Count);
        await AssertRoomForAsync(1);
    }

    [Fact]
    public async Task Stop_TellsWhoIsConnectedAndEndsWithThem()
    {
        await ListenAsync(new GatewayConfig { Listen = [] });
        var ssh = await StayAsync();

        // The clock stands still: it ends because the client leaves, not because the grace is over.
        await _fixture.Hosted<SshListener>().StopAsync(Never).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Contains("The server is restarting", await ssh.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.Equal(0, _fixture.Live.Count);
        await Assert.ThrowsAsync<SocketException>(ConnectAsync);
    }

    [Fact]
    public async Task Stop_WaitsForTheSilentOnlyForTheGrace()
    {
        await ListenAsync(new GatewayConfig { Listen = [] });
        using var silent = await ConnectAsync();

        var stopping = _fixture.Hosted<SshListener>().StopAsync(Never);
        await Programs.WaitUntilAsync(
            () =>
            {
                _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
                return stopping.IsCompleted;
            },
            "the end of the listener");

        await stopping;
        await ReadToEndAsync(silent);
    }

    [Fact]
    public async Task HostCertificate_IsRenewedWithTimeAndUsedByNewConnections()
    {
        await ListenAsync(new GatewayConfig { Listen = [] });
        var staying = await StayAsync();
        var first = _fixture.Get<HostIdentity>().Current.Certificate!;
        Assert.Contains($"serial {first.Serial} ", (await SshAsync("-v", "true")).Error, StringComparison.Ordinal);

        _fixture.Clock.Advance(HostIdentity.RenewalInterval);
        await Programs.WaitUntilAsync(
            () => _fixture.Get<HostIdentity>().Current.Certificate!.Serial != first.Serial, "the renewal");

        var second = _fixture.Get<HostIdentity>().Current.Certificate!;
        Assert.Equal(first.ValidBefore + HostIdentity.RenewalInterval.TotalSeconds, second.ValidBefore);
        var result = await SshAsync("-v", "true");
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains($"serial {second.Serial} ", result.Error, StringComparison.Ordinal);
        Assert.False(staying.HasExited);
    }

    [Fact]
    public async Task HostCertificate_ThatCannotBeRenewed_IsUsedOn()
    {
        await ListenAsync(new GatewayConfig { Listen = [] });
        var first = _fixture.Get<HostIdentity>().Current;
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

        var serial = _fixture.Get<HostIdentity>().Current.Certificate!.Serial;
        Assert.Equal(first.Signer, _fixture.Get<HostIdentity>().Current.Signer);
        await _fixture.RunSqlAsync("ALTER TABLE authority_keys_away RENAME TO authority_keys");
        await Programs.WaitUntilAsync(
            () =>
            {
                _fixture.Clock.Advance(HostIdentity.RenewalInterval);
                return _fixture.Get<HostIdentity>().Current.Certificate!.Serial != serial;
            },
            "a renewal that succeeds");
    }

    [Fact]
    public async Task Faults_OfOurs_TellThePeerNothingOfOurInside()
    {
        await ListenAsync(new GatewayConfig { Listen = [] });
        var master = await StayAsync("-M", "-S", Path.Combine(_fixture.Folder, "mux"));
        await _fixture.RunSqlAsync("ALTER TABLE audit_events RENAME TO audit_events_away");

        var channel = await SshAsync("-S", Path.Combine(_fixture.Folder, "mux"), "true");
        Assert.NotEqual(0, channel.ExitCode);
        Assert.Empty(_fixture.Target.Opened);
        Assert.False(master.HasExited);

        var connection = await SshAsync("true");
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
        var client = Programs.Start("ssh", Arguments([$"{_fixture.Service}@127.0.0.1", "true"]));
        _clients.Add(client);
        await begun.Task;
        Assert.Equal(1, _fixture.Live.Count);

        client.Kill();

        await Programs.WaitUntilAsync(() => _fixture.Live.Count == 0, "the end of the connection", 10);
        await AssertRoomForAsync(1);
    }

    [Fact]
    public async Task Right_ThatIsTakenAway_EndsARealClientWithTheReason()
    {
        await ListenAsync(new GatewayConfig { Listen = [] });
        var ssh = await StayAsync();
        await _fixture.RunSqlAsync("DELETE FROM ssh_keys");

        await _fixture.Hosted<GrantWatch>().RecheckAsync(Never);

        Assert.Contains("PST-203", await ssh.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
    }

    public async Task DisposeAsync()
    {
        foreach (var client in _clients)
        {
            if (!client.HasExited)
            {
                client.Kill();
            }

            client.Dispose();
        }

        if (_fixture is not null)
        {
            await _fixture.Get<HostIdentity>().StopAsync(Never);
            await _fixture.DisposeAsync();
        }

        _key.Dispose();
    }

    private async Task ListenAsync(GatewayConfig config)
    {
        _fixture = await GatewayFixture.CreateAsync(config with { Listen = [new IPEndPoint(IPAddress.Loopback, 0)] });

        // The machine's ssh looks at the machine's clock, which is then within what this one's certificates say, later too.
        _fixture.Clock.Advance(DateTimeOffset.UtcNow - _fixture.Clock.GetUtcNow() - HostIdentity.RenewalInterval - TimeSpan.FromHours(1));
        await _fixture.RegisterKeyAsync(_fixture.Alice, _key.PublicKey);
        var file = Path.Combine(_fixture.Folder, "id");
        await File.WriteAllBytesAsync(file, OpenSshPrivateKeyFile.Write(_key, "test"));
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await _fixture.Get<HostIdentity>().StartAsync(Never);
        await _fixture.Hosted<SshListener>().StartAsync(Never);
        _port = int.Parse(Assert.Single(_fixture.Log.Of(4000)).Trim().Split(':')[^1]);
        await File.WriteAllLinesAsync(
            Path.Combine(_fixture.Folder, "known_hosts"), _fixture.Authority.HostAuthorityLines([$"[127.0.0.1]:{_port}"]));
    }

    private IEnumerable<string> Arguments(string[] options) =>
    [
        "-F", "none", "-p", $"{_port}", "-i", Path.Combine(_fixture.Folder, "id"), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
        "-o", $"UserKnownHostsFile={Path.Combine(_fixture.Folder, "known_hosts")}", "-o", "StrictHostKeyChecking=yes",
        "-o", "HostKeyAlgorithms=ssh-ed25519-cert-v01@openssh.com", .. options,
    ];

    private Task<ProgramResult> SshAsync(params string[] options) =>
        Programs.RunAsync("ssh", Arguments([.. options[..^1], $"{_fixture.Service}@127.0.0.1", options[^1]]));

    /// <summary>Starts a client that is let in and stays without a session.</summary>
    private async Task<Process> StayAsync(params string[] options)
    {
        var before = _fixture.Live.Count;
        var client = Programs.Start("ssh", Arguments([.. options, "-N", $"{_fixture.Service}@127.0.0.1"]));
        _clients.Add(client);
        await Programs.WaitUntilAsync(() => _fixture.Live.Count > before || client.HasExited, "the login");
        Assert.True(!client.HasExited, client.HasExited ? await client.StandardError.ReadToEndAsync() : "");
        return client;
    }

    private async Task<TcpClient> ConnectAsync() =>
        await TryConnectAsync() ?? throw new InvalidOperationException("the connection was closed on arrival");

    /// <summary>A connection that was greeted, or null when it was closed on arrival.</summary>
    private async Task<TcpClient?> TryConnectAsync()
    {
        var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, _port);
            if (await client.GetStream().ReadAsync(new byte[1]) == 1)
            {
                return client;
            }
        }
        catch (IOException)
        {
            // Reset instead of closed.
        }
        catch
        {
            client.Dispose();
            throw;
        }

        client.Dispose();
        return null;
    }

    private async Task<TcpClient> ConnectWhenThereIsRoomAsync()
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < TimeSpan.FromSeconds(30))
        {
            if (await TryConnectAsync() is { } client)
            {
                return client;
            }
        }

        throw new TimeoutException("no connection was let in");
    }

    /// <summary>So many are let in, and the next one is not.</summary>
    private async Task AssertRoomForAsync(int count)
    {
        var clients = new List<TcpClient>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                clients.Add(await ConnectWhenThereIsRoomAsync());
            }

            Assert.Null(await TryConnectAsync());
        }
        finally
        {
            clients.ForEach(c => c.Dispose());
        }
    }

    private static async Task ReadToEndAsync(TcpClient client)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var buffer = new byte[4096];
        try
        {
            while (await client.GetStream().ReadAsync(buffer, patience.Token) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Reset instead of closed.
        }
    }
}
