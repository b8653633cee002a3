using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Ssh.Connection;
using Postern.Ssh.Keys;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;

namespace Fuzz.Tests;

/// <summary>
/// Very many connections that are torn away at random points, after which nothing of them may be left. Security 43, 48.
/// </summary>
[Collection(nameof(SoakTests))]
public sealed class SoakTests : IServerAuthenticator, IServerConnectionHandler
{
    private const int Connections = 20_000;
    private const int AtOnce = 16;

    // What 20,000 connections would keep at a kilobyte each is far above it.
    private const long MostMemoryKept = 12 * 1024 * 1024;

    private static readonly Ed25519PrivateKey HostKey = Ed25519PrivateKey.Generate();

    private readonly FakeTimeProvider _clock = new();
    private int _authenticated;
    private int _ended;
    private int _opened;
    private int _closed;

    [Fact]
    public async Task Connections_TornAwayAnywhere_LeaveNothing()
    {
        var server = new SshServer(new ServerConfig { HostKeys = [new HostKey(HostKey)], TimeProvider = _clock }, this, NullLogger.Instance);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(AtOnce * 2);

        await TearAsync(server, listener, 200);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await TearAsync(server, listener, Connections);
        var kept = GC.GetTotalMemory(forceFullCollection: true) - before;

        Assert.Equal(0, _clock.ActiveTimers);
        Assert.Equal(_authenticated, _ended);
        Assert.Equal(_opened, _closed);
        Assert.InRange(_authenticated, 100, Connections);
        Assert.InRange(_opened, 50, Connections);
        Assert.True(kept < MostMemoryKept, $"{kept} bytes are kept");
    }

    public ValueTask<bool> IsKeyWorthTryingAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken) =>
        ValueTask.FromResult(true);

    public async ValueTask<AuthenticationOutcome> AuthenticateAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return new AuthenticationOutcome.Accepted(this);
    }

    void IServerConnectionHandler.OnAuthenticated(ServerConnection connection) => Interlocked.Increment(ref _authenticated);

    public async ValueTask<ChannelOpenDecision> OpenChannelAsync(ChannelOpenRequest request, CancellationToken cancellationToken)
    {
        await Task.Yield();
        Interlocked.Increment(ref _opened);
        return new ChannelOpenDecision.Accepted(new CountingChannel(this));
    }

    void IServerConnectionHandler.OnEnded(ConnectionEnd end) => Interlocked.Increment(ref _ended);

    private async Task TearAsync(SshServer server, Socket listener, int count)
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, AtOnce), async (worker, _) =>
        {
            var random = new Random(worker);
            for (var i = worker; i < count; i += AtOnce)
            {
                await TearOneAsync(server, listener, random);
            }
        });

        // A wait of the platform's drops its timer just after it has called.
        for (var i = 0; i < 60_000 && _clock.ActiveTimers != 0; i++)
        {
            await Task.Delay(1);
        }
    }

    private static async Task TearOneAsync(SshServer server, Socket listener, Random random)
    {
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.LocalEndPoint!);
        // Whichever connection this is: there are as many accepts as connects.
        var accepted = await listener.AcceptAsync();
        var running = server.RunAsync(accepted, IPEndPoint.Parse("127.0.0.1:1"), CancellationToken.None);
        using (var peer = new ScriptedPeer(client))
        {
            try
            {
                await GoAsync(peer, random);
            }
            catch (Exception exception) when (exception is SocketException or EndOfStreamException)
            {
                // The other end of another pair was torn away first.
            }

            client.LingerState = new LingerOption(enable: random.Next(2) == 0, 0);
        }

        await running;
    }

    /// <summary>Most leave early, for what comes later costs the machine more.</summary>
    private static async Task GoAsync(ScriptedPeer peer, Random random)
    {
        switch (random.Next(20))
        {
            case < 6:
                return;
            case < 9:
                await peer.SendRawAsync("SSH-2.0-x"u8.ToArray());
                return;
            case < 13:
                await peer.ExchangeVersionsAsync();
                return;
            case < 17:
                await peer.ExchangeVersionsAsync();
                await peer.SendKexInitAsync();
                return;
            case 17:
                await peer.ExchangeVersionsAsync();
                await peer.SendKexInitAsync();
                await peer.SendAsync(new KexEcdhInit([9, .. new byte[31]]));
                return;
            default:
                break;
        }

        await peer.ExchangeVersionsAsync();
        await peer.ExchangeKeysAsync();
        await peer.RequestServiceAsync();
        if (random.Next(3) == 0)
        {
            await peer.SendPayloadAsync(peer.SignedRequest(peer.Key));
            return;
        }

        await peer.AuthenticateAsync();
        await peer.SendAsync(new ChannelOpen("session", 1, 100_000, 30_000, []));
        if (random.Next(2) == 0)
        {
            await peer.ExpectAsync<ChannelOpenConfirmation>();
            await peer.SendPayloadAsync([MessageNumber.ChannelData, 0, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]);
        }
    }

    private sealed class CountingChannel(SoakTests owner) : IChannelHandler
    {
        public void OnOpened(Channel channel)
        {
            var buffer = channel.RentData();
            channel.CommitData(Math.Min(buffer.Length, 1000));
        }

        public int OnData(ReadOnlySpan<byte> data) => 0;

        public void OnEof()
        {
        }

        public ValueTask<bool> OnRequestAsync(ChannelRequest request, CancellationToken cancellationToken) => ValueTask.FromResult(false);

        public void OnClosed() => Interlocked.Increment(ref owner._closed);
    }
}

/// <summary>Memory is measured: nothing else runs meanwhile.</summary>
[CollectionDefinition(nameof(SoakTests), DisableParallelization = true)]
public sealed class SoakCollection;
