using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Server;

namespace Conformance;

/// <summary>The engine on a free loopback port, with a key of its own and a handler that runs small built-in commands.</summary>
public sealed class EngineServer : IServerAuthenticator, IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task<ConnectionEnd>> _connections = [];
    private readonly SshServer _server;
    private readonly Task _accepting;

    public EngineServer(ServerConfig config)
    {
        _server = new SshServer(config, this, Log);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        _accepting = AcceptAsync();
    }

    public int Port { get; }

    public CollectingLogger Log { get; } = new();

    /// <summary>Who may come in; everybody by default.</summary>
    public Func<PublicKeyAttempt, AuthenticationOutcome?> Judge { get; set; } = _ => null;

    /// <summary>What somebody gets who has proved nothing and asks to be asked; nothing, and no such offer, by default.</summary>
    public Func<InteractiveAttempt, IInteractiveExchange?>? Interact { get; set; }

    public bool OffersInteraction => Interact is not null;

    public List<PublicKeyAttempt> Accepted { get; } = [];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_connections);
        _stop.Dispose();
    }

    public ValueTask<bool> IsKeyWorthTryingAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken) =>
        ValueTask.FromResult(true);

    public ValueTask<AuthenticationOutcome> AuthenticateAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken)
    {
        lock (Accepted)
        {
            Accepted.Add(attempt);
        }

        return ValueTask.FromResult(Judge(attempt) ?? new AuthenticationOutcome.Accepted(new CommandHandler()));
    }

    public ValueTask<IInteractiveExchange?> BeginExchangeAsync(InteractiveAttempt attempt, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Interact?.Invoke(attempt));

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                _connections.Add(_server.RunAsync(socket, (IPEndPoint)socket.RemoteEndPoint!, _stop.Token));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }
}

/// <summary>Remembers what was logged at Warning and above.</summary>
public sealed class CollectingLogger : ILogger
{
    private readonly List<string> _lines = [];
    private int _keyChanges;

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    /// <summary>How often new keys were taken into use, on all connections.</summary>
    public int KeyChanges => Volatile.Read(ref _keyChanges);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Name == "KeysChanged")
        {
            Interlocked.Increment(ref _keyChanges);
        }

        if (logLevel >= LogLevel.Warning)
        {
            lock (_lines)
            {
                _lines.Add($"{logLevel} {eventId.Id} {formatter(state, exception)} {exception}");
            }
        }
    }
}
