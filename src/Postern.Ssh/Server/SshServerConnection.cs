using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Authentication;
using Postern.Ssh.Connection;
using Postern.Ssh.Messages;
using Postern.Ssh.Transport;
using Postern.Ssh.Transport.KeyExchange;

namespace Postern.Ssh.Server;

/// <summary>
/// One connection in the server role: who the client is, and what it may send when. The loop that carries it is
/// <see cref="ConnectionLoop"/>.
/// </summary>
internal sealed class SshServerConnection : ServerConnection, IConnectionRole, IDisposable
{
    private readonly ServerConfig _config;
    private readonly Action _authenticated;
    private readonly ILogger _logger;
    private readonly string _serverVersion;
    private readonly ConnectionLoop _loop;
    private readonly ServerKeyExchange _exchange;

    // Receive loop only.
    private readonly ServerAuthentication _authentication;
    private Task<IServerConnectionHandler?>? _authenticating;

    // Dispatch lock.
    private IServerConnectionHandler? _handler;
    private KeepAlive? _keepAlive;

    // Any thread.
    private ConnectionInfo _info;

    public SshServerConnection(
        ServerConfig config,
        HostKeyOffers hostKeys,
        IServerAuthenticator authenticator,
        VerifiedCertificates certificates,
        Socket socket,
        IPEndPoint remoteEndPoint,
        Action authenticated,
        ILogger logger)
    {
        _config = config;
        _authenticated = authenticated;
        _logger = logger;
        _serverVersion = $"SSH-2.0-{config.SoftwareVersion}";
        Span<byte> id = stackalloc byte[6];
        config.Randomness.Fill(id);
        _info = new ConnectionInfo(Convert.ToHexStringLower(id), remoteEndPoint, "");
        _loop = new ConnectionLoop(
            this, socket, config.Loops.Take(), config.Transport, config.TimeProvider, _info.Id, logger, config.Metrics);
        _exchange = new ServerKeyExchange(config, hostKeys, _loop.Send, _loop.Reader, _serverVersion, _loop.Suspend, _loop.Reached);
        _authentication = new ServerAuthentication(
            config, authenticator, certificates, _exchange, _loop.Grace, _loop.Send, _loop.Reached, logger);
    }

    /// <inheritdoc/>
    public override ConnectionInfo Info => _info;

    /// <inheritdoc/>
    public override Task<ChannelOpenResult> OpenChannelAsync(
        ChannelOpenRequest request, IChannelHandler handler, CancellationToken cancellationToken) =>
        _loop.Channels!.OpenChannelAsync(request, handler, cancellationToken);

    /// <inheritdoc/>
    public override Task<GlobalReply> RequestAsync(GlobalRequest request, CancellationToken cancellationToken) =>
        _loop.Channels!.Outbox.AskAsync(request).WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public override void Disconnect(string peerMessage) =>
        _loop.End(ConnectionEnd.LocalDisconnect, DisconnectCode.ByApplication, peerMessage);

    public async Task<ConnectionSummary> RunAsync(CancellationToken stop)
    {
        _logger.ConnectionBegan(_info.Id, _info.RemoteEndPoint);
        await using var stopping = stop.UnsafeRegister(
            static state => ((SshServerConnection)state!).Disconnect("the server is shutting down"), this);
        _config.Metrics?.Begin(_loop);
        var end = await _loop.RunAsync(
            _exchange, _serverVersion, _config.Authentication.LoginGrace, _config.Authentication.InteractiveGrace);
        _config.Metrics?.End(_loop, end);
        return new ConnectionSummary
        {
            End = end,
            HasKeys = _exchange.HasKeys,
            IsAuthenticated = _loop.IsAuthenticated,
            IsGraceOver = _loop.IsGraceOver,
            HasAskedTooOften = _authentication.HasAskedTooOften,
            AuthenticationFailures = _authentication.Failures,
            WasToldWhy = _authentication.WasToldWhy,
            UserName = _authentication.UserName,
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _keepAlive?.Dispose();
        _authentication.Dispose();
        _exchange.Dispose();
        _loop.Dispose();
    }

    /// <inheritdoc/>
    /// <remarks>There are clients that go on sending (asyncssh of Debian 12), and sshd takes it.</remarks>
    bool IConnectionRole.TakesMessagesBetweenKeys => true;

    /// <inheritdoc/>
    int IConnectionRole.ReadIdentification(ReadOnlySpan<byte> bytes, out string? version)
    {
        var length = IdentificationString.TryRead(bytes, out var clientVersion);
        version = length > 0 ? clientVersion : null;
        if (length > 0)
        {
            _info = _info with { ClientVersion = clientVersion };
        }

        return length;
    }

    /// <inheritdoc/>
    void IConnectionRole.OnFirstKeys()
    {
        // The client speaks next.
    }

    /// <inheritdoc/>
    void IConnectionRole.ReceiveExtInfo(ExtInfo extensions, bool isAfterFirstKeys)
    {
        // Nothing that a client announces is of use to a server yet.
        if (!isAfterFirstKeys)
        {
            throw DisconnectException.Protocol("EXT_INFO anywhere but right after the first NEWKEYS");
        }
    }

    /// <inheritdoc/>
    bool IConnectionRole.ReceiveAuthentication(ReadOnlySpan<byte> payload)
    {
        if (payload[0] == MessageNumber.ServiceAccept)
        {
            return false;
        }

        if (!_loop.IsAuthenticated)
        {
            _authenticating = _authentication.ReceiveAsync(_info, payload, _loop.Ended).AsTask();
            _loop.Suspend(_authenticating);
        }
        else if (payload[0] != MessageNumber.UserAuthRequest)
        {
            throw DisconnectException.Protocol($"message {payload[0]} after authentication");
        }

        // Further requests after success are silently ignored (RFC 4252 section 5.1).
        return true;
    }

    /// <inheritdoc/>
    void IConnectionRole.OnResumed()
    {
        // It may also have been proofs of host keys, which go out by themselves.
        if (_exchange.TryResume() || _authenticating is not { } authenticating)
        {
            return;
        }

        var handler = authenticating.Result;
        _authenticating = null;
        if (handler is not null)
        {
            _handler = handler;
            _exchange.IsSignedIn = true;
            var proofs = new HostKeyProofs(_exchange, _config.Loops.Costly, _loop.Reached);
            _loop.Open(new Multiplexer(
                ConnectionRole.Server,
                _config.Channels,
                new HostKeyProvingHandler(handler, proofs),
                _loop.Send,
                _loop.Line,
                _loop.Reached,
                _info.Id,
                _logger,
                _loop.RequestDispatch,
                HoldForProofs));
            _authenticated();
            if (_config.KeepAlive is { } limits)
            {
                _keepAlive = new KeepAlive(limits, _loop.Channels!.Outbox, _config.TimeProvider, OnSilence);
            }

            handler.OnAuthenticated(this);
            _loop.Channels!.Outbox.Tell(proofs.Announcement);
        }
    }

    /// <inheritdoc/>
    void IConnectionRole.OnEnded(ConnectionEnd end)
    {
        _keepAlive?.Dispose();
        _handler?.OnEnded(end);
    }

    // The client begins its command behind the request, leaves without waiting when that ends first, and would never learn the keys.
    private void HoldForProofs(GlobalRequest request, Task answering)
    {
        if (HostKeyProofs.IsProofRequest(request))
        {
            _loop.HoldReading(answering);
        }
    }

    private void OnSilence() =>
        _loop.End(ConnectionEnd.TransportClosed, DisconnectCode.ByApplication, "the client does not answer");
}
