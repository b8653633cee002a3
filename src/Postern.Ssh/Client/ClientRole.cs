using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Authentication;
using Postern.Ssh.Connection;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;
using Postern.Ssh.Transport.KeyExchange;

namespace Postern.Ssh.Client;

/// <summary>
/// One connection in the client role: whether the server is the right one, who we are to it, and what it may send when.
/// The loop that carries it is <see cref="ConnectionLoop"/>.
/// </summary>
internal sealed class ClientRole : IConnectionRole, IConnectionHandler, IDisposable
{
    private readonly ClientConfig _config;
    private readonly ILogger _logger;
    private readonly string _clientVersion;
    private readonly ConnectionLoop _loop;
    private readonly ClientKeyExchange _exchange;
    private readonly TaskCompletionSource _signedIn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Receive loop only.
    private ClientAuthentication? _authentication;
    private int _preamble;
    private bool _isHostKeyChecked;

    // Set before authentication succeeds or fails, and not changed after that.
    private IReadOnlyList<string> _banners = [];

    public ClientRole(ClientConfig config, Socket socket, ILogger logger)
    {
        _config = config;
        _logger = logger;
        _clientVersion = $"SSH-2.0-{config.SoftwareVersion}";
        Span<byte> id = stackalloc byte[6];
        config.Randomness.Fill(id);
        _loop = new ConnectionLoop(
            this, socket, config.Loops.Take(), config.Transport, config.TimeProvider, Convert.ToHexStringLower(id), logger, metrics: null);
        _exchange = new ClientKeyExchange(config, _loop.Send, _loop.Reader, _clientVersion, VerifyHostKey);
        _authentication = new ClientAuthentication(config, _exchange, _loop, _loop.Id, logger);
        Forwards = new RemoteForwards(config.Channels);
    }

    /// <summary>The server's identification string; empty before it came.</summary>
    public string ServerVersion => _exchange.PeerVersion;

    /// <summary>The server's proved and accepted key; null before.</summary>
    public HostKeyProof? HostKey { get; private set; }

    /// <summary>What the server had to say while we signed in.</summary>
    public IReadOnlyList<string> Banners => _banners;

    /// <summary>What the server was asked to listen on.</summary>
    public RemoteForwards Forwards { get; }

    /// <summary>Opens channels and sends requests, once somebody is signed in.</summary>
    public Multiplexer Channels => _loop.Channels!;

    /// <summary>Completes when somebody is signed in.</summary>
    public Task SignedIn => _signedIn.Task;

    /// <summary>What was said last, by us or the server; of no meaning before the end.</summary>
    public string EndMessage => _loop.EndMessage;

    /// <summary>Runs the connection to its end.</summary>
    public Task<ConnectionEnd> RunAsync() => _loop.RunAsync(_exchange, _clientVersion, _config.Limits.ConnectTimeout, _config.Limits.InteractiveTimeout);

    /// <inheritdoc/>
    public void Dispose()
    {
        _exchange.Dispose();
        _loop.Dispose();
    }

    /// <summary>Ends the connection, saying why. Any thread.</summary>
    public void Disconnect(string peerMessage) =>
        _loop.End(ConnectionEnd.LocalDisconnect, DisconnectCode.ByApplication, peerMessage);

    /// <inheritdoc/>
    bool IConnectionRole.TakesMessagesBetweenKeys => false;

    /// <inheritdoc/>
    int IConnectionRole.ReadIdentification(ReadOnlySpan<byte> bytes, out string? version)
    {
        var length = IdentificationString.ReadFromServer(bytes, out version);
        _preamble += length;
        if (_preamble > _config.Limits.Preamble)
        {
            throw DisconnectException.Protocol($"more than {_config.Limits.Preamble} bytes before the identification string");
        }

        return length;
    }

    /// <inheritdoc/>
    void IConnectionRole.OnFirstKeys() => _authentication!.Start();

    /// <inheritdoc/>
    void IConnectionRole.ReceiveExtInfo(ExtInfo extensions, bool isAfterFirstKeys)
    {
        if (_authentication is null)
        {
            throw DisconnectException.Protocol("EXT_INFO after authentication");
        }

        _authentication.ReceiveExtInfo(extensions, isAfterFirstKeys);
    }

    /// <inheritdoc/>
    bool IConnectionRole.ReceiveAuthentication(ReadOnlySpan<byte> payload)
    {
        if (payload[0] == MessageNumber.ServiceRequest)
        {
            return false;
        }

        if (_authentication is not { } authentication)
        {
            throw DisconnectException.Protocol($"message {payload[0]} after authentication");
        }

        try
        {
            if (!authentication.Receive(payload))
            {
                return true;
            }
        }
        finally
        {
            _banners = authentication.Banners;
        }

        _authentication = null;
        _loop.Open(new Multiplexer(
            ConnectionRole.Client, _config.Channels, this, _loop.Send, _loop.Line, _loop.Reached, _loop.Id, _logger, _loop.RequestDispatch));
        _signedIn.TrySetResult();
        return true;
    }

    /// <inheritdoc/>
    void IConnectionRole.OnResumed()
    {
        // Answers to questions have been sent by now; it was the host key's check otherwise.
        if (_isHostKeyChecked)
        {
            _isHostKeyChecked = false;
            _exchange.AcceptHostKey();
        }
    }

    /// <inheritdoc/>
    void IConnectionRole.OnEnded(ConnectionEnd end) => Forwards.End();

    /// <inheritdoc/>
    ValueTask<ChannelOpenDecision> IConnectionHandler.OpenChannelAsync(
        ChannelOpenRequest request, CancellationToken cancellationToken) => Forwards.DecideAsync(request, cancellationToken);

    private void VerifyHostKey(HostKeyProof proof)
    {
        _isHostKeyChecked = true;
        _loop.Suspend(VerifyHostKeyAsync(proof));
    }

    private async Task VerifyHostKeyAsync(HostKeyProof proof)
    {
        HostKeyDecision decision;
        try
        {
            decision = await _config.HostKeys.VerifyAsync(proof, _loop.Ended).AsTask().WaitAsync(_loop.Ended);
        }
        catch (OperationCanceledException) when (_loop.Ended.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            // Security 44: who cannot say that the key is right has said that it is wrong.
            _logger.HostKeyCheckFailed(exception, _loop.Id);
            decision = HostKeyDecision.Refused("the host key could not be checked");
        }

        if (!decision.IsAccepted)
        {
            throw new DisconnectException(DisconnectCode.HostKeyNotVerifiable, ConnectionEnd.HostKeyRefused, decision.Reason);
        }

        HostKey = proof;
    }
}
