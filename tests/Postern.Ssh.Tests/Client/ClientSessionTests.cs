using System.Security.Cryptography;
using System.Text;
using Postern.Ssh.Client;
using Postern.Ssh.Connection;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Client;

/// <summary>Sessions, tunnels and forwards between our client and our server.</summary>
public sealed class ClientSessionTests
{
    [Fact]
    public async Task Session_AsksForWhatItNeeds_AndReportsTheStatus()
    {
        var echo = new EchoChannel();
        await using var fixture = new ClientFixture { Decide = _ => new ChannelOpenDecision.Accepted(echo) };
        await using var connection = await fixture.ConnectAsync();
        await using var session = await connection.OpenSessionAsync(wantsErrors: false, CancellationToken.None);
        Assert.True(await session.RequestTerminalAsync("xterm", new TerminalSize(80, 24, 0, 0), CancellationToken.None));
        Assert.True(await session.RequestAsync(new ChannelRequest.EnvironmentVariable("LANG", "C"), CancellationToken.None));
        Assert.False(await session.RequestAsync(new ChannelRequest.EnvironmentVariable("LD_PRELOAD", "x"), CancellationToken.None));
        session.Send(new ChannelRequest.WindowChange(new TerminalSize(100, 30, 0, 0)));
        session.Send(new ChannelRequest.Signal("INT"));
        Assert.True(await session.ExecuteAsync("exit 7", CancellationToken.None));
        Assert.Equal(0, await session.Stream.ReadAsync(new byte[1]));
        Assert.Equal(new SessionExit(7, null, false, ""), await session.Exit.WaitAsync(ScriptedPeer.Patience));
        Assert.Equal(
            ["PseudoTerminal", "EnvironmentVariable", "EnvironmentVariable", "WindowChange", "Signal", "Exec"],
            echo.Requests.Select(request => request.GetType().Name));
    }

    [Fact]
    public async Task Session_KilledBySignal_ReportsItBehindAllOutput()
    {
        await using var fixture = new ClientFixture();
        await using var connection = await fixture.ConnectAsync();
        await using var session = await connection.OpenSessionAsync(wantsErrors: true, CancellationToken.None);
        Assert.True(await session.ExecuteAsync("say hello", CancellationToken.None));
        Assert.False(session.Exit.IsCompleted);
        var buffer = new byte[100];
        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, await session.Stream.ReadAsync(buffer)));
        Assert.Equal("error hello", Encoding.UTF8.GetString(buffer, 0, await session.ReadErrorAsync(buffer, CancellationToken.None)));
        Assert.Equal(0, await session.Stream.ReadAsync(buffer));
        Assert.Equal(new SessionExit(null, "TERM", true, "killed"), await session.Exit.WaitAsync(ScriptedPeer.Patience));
    }

    [Fact]
    public async Task Session_OfAConnectionThatEnds_EndsWithoutAStatus()
    {
        await using var fixture = new ClientFixture();
        await using var connection = await fixture.ConnectAsync();
        await using var session = await connection.OpenSessionAsync(wantsErrors: false, CancellationToken.None);
        fixture.Connection!.Disconnect("enough\x1b[31m");
        Assert.Equal(SessionExit.Unknown, await session.Exit.WaitAsync(ScriptedPeer.Patience));
        Assert.Equal(ConnectionEnd.PeerDisconnected, await connection.Ended.WaitAsync(ScriptedPeer.Patience));
        // Security 27, 69: what the server says is shown without its control characters.
        Assert.Equal("enough?[31m", connection.EndMessage);
        await Assert.ThrowsAsync<IOException>(async () => await session.Stream.WriteAsync(new byte[1]));
        await Assert.ThrowsAsync<ChannelRefusedException>(
            () => connection.OpenSessionAsync(wantsErrors: false, CancellationToken.None));
    }

    // Security 40: both sides ask for new keys all the time, with data under way in both directions.
    [Fact]
    public async Task Tunnel_CarriesBothWays_UnderReKeysOfBothSides()
    {
        const int Length = 8_000_000;
        var limits = new TransportLimits { RekeyBytes = 300_000 };
        await using var fixture = new ClientFixture();
        await using var connection = await fixture.ConnectAsync(
            ClientFixture.Config with { Transport = limits },
            EngineFixture.Config with { Transport = limits },
            new Line { Piece = 30_000 });
        await using var tunnel = await connection.OpenTunnelAsync("localhost", 80, CancellationToken.None);
        await ExchangeAsync(tunnel, Length);
        Assert.False(connection.Ended.IsCompleted);
    }

    [Fact]
    public async Task Tunnel_ThatIsNotRead_HoldsUpThePeerAndNobodyElse()
    {
        await using var fixture = new ClientFixture
        {
            Decide = request => new ChannelOpenDecision.Accepted(
                request is ChannelOpenRequest.DirectTcpIp { Port: 1 } ? new FloodChannel(1_000_000) : new EchoChannel()),
        };
        var config = ClientFixture.Config with { Channels = new ChannelLimits { Window = 200_000 } };
        await using var connection = await fixture.ConnectAsync(config);
        await using var slow = await connection.OpenTunnelAsync("localhost", 1, CancellationToken.None);
        await using var other = await connection.OpenTunnelAsync("localhost", 2, CancellationToken.None);
        await ExchangeAsync(other, 500_000);
        var total = 0;
        var buffer = new byte[10_000];
        for (int count; (count = await slow.ReadAsync(buffer)) > 0;)
        {
            total += count;
        }

        Assert.Equal(1_000_000, total);
    }

    [Fact]
    public async Task Tunnel_Refused_SaysWhy()
    {
        await using var fixture = new ClientFixture
        {
            Decide = _ => new ChannelOpenDecision.Refused(ChannelOpenFailureReason.ConnectFailed, "no\x1b such port"),
        };
        await using var connection = await fixture.ConnectAsync();
        var exception = await Assert.ThrowsAsync<ChannelRefusedException>(
            () => connection.OpenTunnelAsync("localhost", 1, CancellationToken.None));
        Assert.Equal(ChannelOpenFailureReason.ConnectFailed, exception.Reason);
        Assert.Equal("ConnectFailed: no? such port", exception.Message);
    }

    [Fact]
    public async Task Read_ThatIsCancelled_LosesNothing()
    {
        await using var fixture = new ClientFixture();
        await using var connection = await fixture.ConnectAsync();
        await using var tunnel = await connection.OpenTunnelAsync("localhost", 1, CancellationToken.None);
        using var cancellation = new CancellationTokenSource();
        var reading = tunnel.ReadAsync(new byte[10], cancellation.Token);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await reading);
        await ExchangeAsync(tunnel, 10);
    }

    [Theory]
    [InlineData(0, 4000)]
    [InlineData(5000, 5000)]
    public async Task Forward_HandsOverConnectionsThatTheServerMade(int asked, int taken)
    {
        await using var fixture = new ClientFixture
        {
            Answer = request => request is GlobalRequest.TcpIpForward { Port: 0 } ? GlobalReply.ForPort(taken) : GlobalReply.Success,
        };
        var connected = new TaskCompletionSource<ChannelStream>();
        await using var connection = await fixture.ConnectAsync();
        var forward = await connection.ForwardAsync("localhost", asked, connected.SetResult, CancellationToken.None);
        Assert.Equal(taken, forward.Port);

        var result = await fixture.Connection!.OpenChannelAsync(
            new ChannelOpenRequest.ForwardedTcpIp("localhost", taken, "192.0.2.1", 1000), new EchoChannel(), CancellationToken.None);
        Assert.IsType<ChannelOpenResult.Opened>(result);
        await ExchangeAsync(await connected.Task, 100_000);

        await forward.DisposeAsync();
        result = await fixture.Connection!.OpenChannelAsync(
            new ChannelOpenRequest.ForwardedTcpIp("localhost", taken, "192.0.2.1", 1000), new EchoChannel(), CancellationToken.None);
        Assert.IsType<ChannelOpenResult.Refused>(result);
    }

    public static TheoryData<ChannelOpenRequest> Unasked() =>
    [
        new ChannelOpenRequest.Session(),
        new ChannelOpenRequest.DirectTcpIp("localhost", 22, "192.0.2.1", 1000),
        new ChannelOpenRequest.DirectStreamLocal("/run/agent"),
        new ChannelOpenRequest.ForwardedTcpIp("localhost", 5001, "192.0.2.1", 1000),
        new ChannelOpenRequest.ForwardedTcpIp("127.0.0.1", 5000, "192.0.2.1", 1000),
        new ChannelOpenRequest.ForwardedStreamLocal("/run/agent"),
        new ChannelOpenRequest.KeyAgent(),
    ];

    // Security 57: what the server opens without having been asked is refused, whatever it is.
    [Theory]
    [MemberData(nameof(Unasked))]
    public async Task Server_ThatOpensWhatNobodyAskedFor_IsRefused(ChannelOpenRequest request)
    {
        await using var fixture = new ClientFixture { Answer = _ => GlobalReply.Success };
        await using var connection = await fixture.ConnectAsync();
        await using var forward = await connection.ForwardAsync(
            "localhost", 5000, _ => Assert.Fail("opened"), CancellationToken.None);
        var result = await fixture.Connection!.OpenChannelAsync(request, new EchoChannel(), CancellationToken.None);
        Assert.IsType<ChannelOpenResult.Refused>(result);
        await using var tunnel = await connection.OpenTunnelAsync("localhost", 1, CancellationToken.None);
        await ExchangeAsync(tunnel, 10);
    }

    /// <summary>Sends so many bytes through a stream that echoes, reading meanwhile, to its end.</summary>
    internal static async Task ExchangeAsync(ChannelStream stream, int length)
    {
        var data = RandomNumberGenerator.GetBytes(length);
        var received = new byte[length];
        var writing = WriteAsync();
        await stream.ReadExactlyAsync(received).AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        await writing;
        Assert.True(data.AsSpan().SequenceEqual(received));

        async Task WriteAsync()
        {
            await stream.WriteAsync(data);
        }
    }

    private sealed class FloodChannel(int length) : IChannelHandler
    {
        public Task Running { get; private set; } = Task.CompletedTask;

        public void OnOpened(Channel channel) => Running = FloodAsync(channel);

        public int OnData(ReadOnlySpan<byte> data) => data.Length;

        public void OnEof()
        {
        }

        public ValueTask<bool> OnRequestAsync(ChannelRequest request, CancellationToken cancellationToken) =>
            ValueTask.FromResult(false);

        public void OnClosed()
        {
        }

        private async Task FloodAsync(Channel channel)
        {
            for (var left = length; left > 0 && await channel.WaitToSendAsync(CancellationToken.None);)
            {
                var room = channel.RentData().Length;
                if (room == 0)
                {
                    // Another channel of the connection was faster.
                    continue;
                }

                var count = Math.Min(room, left);
                channel.CommitData(count);
                left -= count;
            }

            channel.SendEof();
        }
    }
}
