using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Ssh.Connection;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;

namespace Postern.Ssh.Tests.Fixtures;

/// <summary>One connection of the engine over a loopback socket, and what its handlers saw.</summary>
internal sealed class EngineFixture : IServerAuthenticator, IServerConnectionHandler, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    private EngineFixture()
    {
    }

    public static Ed25519PrivateKey HostKey { get; } = Ed25519PrivateKey.Generate();

    public Task<ConnectionEnd> Running { get; private set; } = null!;

    public List<PublicKeyAttempt> Queried { get; } = [];

    public List<PublicKeyAttempt> Proved { get; } = [];

    public ConcurrentQueue<RecordingChannel> Channels { get; } = new();

    public List<ConnectionEnd> Ends { get; } = [];

    public ServerConnection? Connection { get; private set; }

    /// <summary>What authentication says to a proved key; accepts by default.</summary>
    public Func<PublicKeyAttempt, AuthenticationOutcome?> Judge { get; set; } = _ => null;

    /// <summary>What authentication says to a proved key, when that takes its time.</summary>
    public Func<PublicKeyAttempt, ValueTask<AuthenticationOutcome>>? JudgeLater { get; set; }

    /// <summary>What somebody gets who has proved nothing and asks to be asked; nothing, and no such offer, by default.</summary>
    public Func<InteractiveAttempt, IInteractiveExchange?>? Interact { get; set; }

    public bool OffersInteraction => Interact is not null;

    /// <summary>What an open channel gets; a <see cref="RecordingChannel"/> by default.</summary>
    public Func<ChannelOpenRequest, ValueTask<ChannelOpenDecision>>? Decide { get; set; }

    /// <summary>What the handler says to global requests; no by default.</summary>
    public Func<GlobalRequest, ValueTask<GlobalReply>> Answer { get; set; } = _ => ValueTask.FromResult(GlobalReply.Failure);

    /// <summary>What the handler does when it is told of the end.</summary>
    public Action WhenEnded { get; set; } = () => { };

    /// <summary>Sets up each recording channel before it is used.</summary>
    public Action<RecordingChannel> Prepare { get; set; } = _ => { };

    public static ServerConfig Config => new() { HostKeys = [new HostKey(HostKey)] };

    public static async Task<(EngineFixture Engine, ScriptedPeer Peer)> StartAsync(ServerConfig? config = null, ILogger? logger = null)
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(listener.LocalEndPoint!);
        var accepted = await listener.AcceptAsync();
        var engine = new EngineFixture();
        var server = new SshServer(config ?? Config, engine, logger ?? NullLogger.Instance);
        engine.Running = server.RunAsync(accepted, (IPEndPoint)accepted.RemoteEndPoint!, engine._stop.Token);
        return (engine, new ScriptedPeer(client));
    }

    /// <summary>Starts, exchanges keys and authenticates.</summary>
    public static async Task<(EngineFixture Engine, ScriptedPeer Peer)> ConnectAsync(
        ServerConfig? config = null,
        Action<EngineFixture>? prepare = null,
        ILogger? logger = null)
    {
        var (engine, peer) = await StartAsync(config, logger);
        prepare?.Invoke(engine);
        await peer.ExchangeVersionsAsync();
        await peer.ExchangeKeysAsync();
        await peer.RequestServiceAsync();
        await peer.AuthenticateAsync();
        return (engine, peer);
    }

    public async Task<ConnectionEnd> EndAsync() => await Running.WaitAsync(ScriptedPeer.Patience);

    public Task StopAsync() => _stop.CancelAsync();

    public void Dispose() => _stop.Dispose();

    public ValueTask<bool> IsKeyWorthTryingAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken)
    {
        Queried.Add(attempt);
        return ValueTask.FromResult(true);
    }

    public ValueTask<AuthenticationOutcome> AuthenticateAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken)
    {
        Proved.Add(attempt);
        if (JudgeLater is not null)
        {
            return JudgeLater(attempt);
        }

        return ValueTask.FromResult(Judge(attempt) ?? new AuthenticationOutcome.Accepted(this));
    }

    public ValueTask<IInteractiveExchange?> BeginExchangeAsync(InteractiveAttempt attempt, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Interact?.Invoke(attempt));

    public void OnAuthenticated(ServerConnection connection) => Connection = connection;

    public ValueTask<ChannelOpenDecision> OpenChannelAsync(ChannelOpenRequest request, CancellationToken cancellationToken)
    {
        if (Decide is not null)
        {
            return Decide(request);
        }

        var channel = new RecordingChannel();
        Prepare(channel);
        Channels.Enqueue(channel);
        return ValueTask.FromResult<ChannelOpenDecision>(new ChannelOpenDecision.Accepted(channel));
    }

    public ValueTask<GlobalReply> AnswerAsync(GlobalRequest request, CancellationToken cancellationToken) => Answer(request);

    public void OnEnded(ConnectionEnd end)
    {
        Ends.Add(end);
        WhenEnded();
    }
}
