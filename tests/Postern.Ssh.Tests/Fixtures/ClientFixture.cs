using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Ssh.Client;
using Postern.Ssh.Connection;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;

namespace Postern.Ssh.Tests.Fixtures;

/// <summary>Our client and our server at the two ends of a line of loopback sockets.</summary>
internal sealed class ClientFixture : IServerAuthenticator, IServerConnectionHandler, IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Line? _line;

    public static Ed25519PrivateKey UserKey { get; } = Ed25519PrivateKey.Generate();

    public static KnownHost Host { get; } =
        new("gate.example", [((ISigner)EngineFixture.HostKey).PublicKey], [], TimeProvider.System);

    public static ClientConfig Config => new()
    {
        UserName = "user",
        HostKeys = Host,
        Identities = [new ClientIdentity(UserKey)],
    };

    /// <summary>How the server's connection ended.</summary>
    public Task Serving { get; private set; } = null!;

    public ServerConnection? Connection { get; private set; }

    public List<PublicKeyAttempt> Proved { get; } = [];

    /// <summary>What authentication says to a proved key; accepts by default.</summary>
    public Func<PublicKeyAttempt, AuthenticationOutcome?> Judge { get; set; } = _ => null;

    /// <summary>What somebody gets who has proved nothing and asks to be asked; nothing, and no such offer, by default.</summary>
    public Func<InteractiveAttempt, IInteractiveExchange?>? Interact { get; set; }

    public bool OffersInteraction => Interact is not null;

    /// <summary>What an open channel gets; <see cref="EchoChannel"/> by default.</summary>
    public Func<ChannelOpenRequest, ChannelOpenDecision> Decide { get; set; } =
        _ => new ChannelOpenDecision.Accepted(new EchoChannel());

    /// <summary>What a global request gets; failure by default.</summary>
    public Func<GlobalRequest, GlobalReply> Answer { get; set; } = _ => GlobalReply.Failure;

    /// <summary>The server of the last connection; what is set here serves the next one too.</summary>
    public SshServer? Server { get; set; }

    /// <summary>Connects and signs in.</summary>
    /// <param name="client">The client's configuration.</param>
    /// <param name="server">The server's configuration.</param>
    /// <param name="line">What is between them; nothing by default.</param>
    public async Task<SshClientConnection> ConnectAsync(ClientConfig? client = null, ServerConfig? server = null, Line? line = null)
    {
        var (near, far) = await Line.PairAsync();
        if (line is not null)
        {
            _line = line;
            far = await line.JoinAsync(far);
        }

        Server ??= new SshServer(server ?? EngineFixture.Config, this, NullLogger.Instance);
        Serving = Server.RunAsync(far, (IPEndPoint)far.RemoteEndPoint!, _stop.Token);
        return await SshClient.ConnectAsync(near, client ?? Config, NullLogger.Instance, CancellationToken.None)
            .WaitAsync(ScriptedPeer.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Serving.WaitAsync(ScriptedPeer.Patience);
        if (_line is not null)
        {
            await _line.DisposeAsync();
        }

        _stop.Dispose();
    }

    public ValueTask<bool> IsKeyWorthTryingAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken) =>
        ValueTask.FromResult(true);

    public ValueTask<AuthenticationOutcome> AuthenticateAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken)
    {
        Proved.Add(attempt);
        return ValueTask.FromResult(Judge(attempt) ?? new AuthenticationOutcome.Accepted(this));
    }

    public ValueTask<IInteractiveExchange?> BeginExchangeAsync(InteractiveAttempt attempt, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Interact?.Invoke(attempt));

    public void OnAuthenticated(ServerConnection connection) => Connection = connection;

    public ValueTask<ChannelOpenDecision> OpenChannelAsync(ChannelOpenRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Decide(request));

    public ValueTask<GlobalReply> AnswerAsync(GlobalRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Answer(request));

    public void OnEnded(ConnectionEnd end)
    {
    }
}
