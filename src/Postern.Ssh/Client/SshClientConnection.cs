using Postern.Ssh.Connection;
using Postern.Ssh.Server;

namespace Postern.Ssh.Client;

/// <summary>One SSH connection in the client role, signed in. Safe to use from any thread.</summary>
public sealed class SshClientConnection : IAsyncDisposable
{
    private readonly ClientRole _role;
    private readonly Task<ConnectionEnd> _running;

    internal SshClientConnection(ClientRole role)
    {
        _role = role;
        _running = RunAsync(role);
    }

    /// <summary>The server's identification string, printable ASCII.</summary>
    public string ServerVersion => _role.ServerVersion;

    /// <summary>The key that the server proved.</summary>
    public HostKeyProof HostKey => _role.HostKey!;

    /// <summary>
    /// What the server had to say while we signed in (RFC 4252 section 5.4), without control characters but line feeds
    /// and tabs, so that it can be shown.
    /// </summary>
    public IReadOnlyList<string> Banners => _role.Banners;

    /// <summary>Completes, and never fails, when the connection is over and all its channels have been told.</summary>
    public Task<ConnectionEnd> Ended => _running;

    /// <summary>Why it is over, in a sentence of ours or the server's without control characters; empty before.</summary>
    public string EndMessage => _running.IsCompleted ? _role.EndMessage : "";

    /// <summary>
    /// Opens a channel for a handler. The handler is told of the open channel, or that it is over, before the result is
    /// there; a refusal and the end of the connection are results, not exceptions.
    /// </summary>
    /// <param name="request">One of the channels that clients open.</param>
    /// <param name="handler">Serves it.</param>
    /// <param name="cancellationToken">Gives it up: a channel that opens later is closed at once.</param>
    public Task<ChannelOpenResult> OpenChannelAsync(
        ChannelOpenRequest request, IChannelHandler handler, CancellationToken cancellationToken) =>
        _role.Channels.OpenChannelAsync(request, handler, cancellationToken);

    /// <summary>Opens a session. Throws <see cref="ChannelRefusedException"/> when there is none.</summary>
    /// <param name="wantsErrors">Whether errors are read (<see cref="ClientSession.ReadErrorAsync"/>); they must be then.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public async Task<ClientSession> OpenSessionAsync(bool wantsErrors, CancellationToken cancellationToken)
    {
        var session = new ClientSession(wantsErrors);
        await OpenAsync(new ChannelOpenRequest.Session(), session, cancellationToken);
        return session;
    }

    /// <summary>
    /// Opens a TCP connection from the server's side (RFC 4254 section 7.2). Throws
    /// <see cref="ChannelRefusedException"/> when there is none.
    /// </summary>
    public Task<ChannelStream> OpenTunnelAsync(string host, int port, CancellationToken cancellationToken) =>
        OpenStreamAsync(new ChannelOpenRequest.DirectTcpIp(host, port, "127.0.0.1", 0), cancellationToken);

    /// <summary>
    /// Opens a connection to a Unix socket on the server's side. Throws <see cref="ChannelRefusedException"/> when there
    /// is none.
    /// </summary>
    public Task<ChannelStream> OpenSocketAsync(string path, CancellationToken cancellationToken) =>
        OpenStreamAsync(new ChannelOpenRequest.DirectStreamLocal(path), cancellationToken);

    /// <summary>
    /// Has the server listen (RFC 4254 section 7.1), and hands every connection that is made there to
    /// <paramref name="connected"/>, which must return at once. Throws <see cref="ChannelRefusedException"/> when the
    /// server does not want to. Disposing the result has it stop.
    /// </summary>
    /// <param name="address">The address as RFC 4254 has it: empty for all, <c>localhost</c>, or an address.</param>
    /// <param name="port">The port, or 0 for any, which <see cref="RemoteForward.Port"/> tells.</param>
    /// <param name="connected">Takes over the stream of a connection.</param>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    public async Task<RemoteForward> ForwardAsync(
        string address, int port, Action<ChannelStream> connected, CancellationToken cancellationToken)
    {
        var forward = _role.Forwards.Add(address, port, connected);
        var reply = GlobalReply.Failure;
        try
        {
            reply = await RequestAsync(new GlobalRequest.TcpIpForward(address, port), cancellationToken);
        }
        finally
        {
            _role.Forwards.Settle(forward, !reply.IsGranted ? null : port == 0 ? reply.ReadPort() : port);
        }

        return forward.Port > 0
            ? new RemoteForward(this, _role.Forwards, forward)
            : throw new ChannelRefusedException(
                ChannelOpenFailureReason.AdministrativelyProhibited, "the server does not listen there");
    }

    /// <summary>
    /// Sends a global request and gives the server's answer, a failure when the connection ends first. Throws
    /// <see cref="InvalidOperationException"/> when more are unanswered than <see cref="ChannelLimits.PendingAnswers"/>.
    /// </summary>
    public Task<GlobalReply> RequestAsync(GlobalRequest request, CancellationToken cancellationToken) =>
        _role.Channels.Outbox.AskAsync(request).WaitAsync(cancellationToken);

    /// <summary>
    /// Ends the connection: sends DISCONNECT with <paramref name="peerMessage"/> and closes. Does nothing when it has
    /// already ended.
    /// </summary>
    public void Disconnect(string peerMessage) => _role.Disconnect(peerMessage);

    /// <summary>Ends the connection and waits until that is done.</summary>
    public async ValueTask DisposeAsync()
    {
        Disconnect("goodbye");
        await _running;
    }

    /// <summary>Waits until somebody is signed in, or throws.</summary>
    internal async Task SignInAsync()
    {
        await Task.WhenAny(_role.SignedIn, _running);
        if (!_role.SignedIn.IsCompleted)
        {
            throw new ConnectFailedException(await _running, _role.EndMessage, _role.Banners);
        }
    }

    private static async Task<ConnectionEnd> RunAsync(ClientRole role)
    {
        using (role)
        {
            var end = await role.RunAsync();

            // Whoever waits for it may block, and must not do that on the event loop.
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            return end;
        }
    }

    private async Task<ChannelStream> OpenStreamAsync(ChannelOpenRequest request, CancellationToken cancellationToken)
    {
        var stream = new ChannelStream();
        await OpenAsync(request, stream.Handler, cancellationToken);
        return stream;
    }

    private async Task OpenAsync(ChannelOpenRequest request, IChannelHandler handler, CancellationToken cancellationToken)
    {
        if (await OpenChannelAsync(request, handler, cancellationToken) is ChannelOpenResult.Refused refused)
        {
            throw new ChannelRefusedException(refused.Reason, refused.PeerMessage);
        }
    }
}
