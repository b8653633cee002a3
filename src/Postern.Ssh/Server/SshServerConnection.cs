using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Authentication;
using Postern.Ssh.Connection;
using Postern.Ssh.Messages;
using Postern.Ssh.Transport;
using Postern.Ssh.Transport.KeyExchange;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Server;

/// <summary>
/// One connection from the first byte to the last. The receive loop reads packets and, under the dispatch lock,
/// handles them one after another; whatever other threads have for the connection (a handler that can take data
/// again, a decision that was made) they post, and the lock's next holder looks after it.
/// </summary>
internal sealed class SshServerConnection : ServerConnection, ISendQueueOwner, IThreadPoolWorkItem, IDisposable
{
    private const int LongestText = 1024;

    /// <summary>
    /// Nobody needs new keys before they have signed in, but RFC 4253 section 9 allows it; each costs the server a key
    /// agreement and a signature, which strangers get no more of.
    /// </summary>
    private const int MaxEarlyRekeys = 2;

    // Number and length field.
    private const int PongOverhead = 1 + sizeof(uint);

    // Held while a packet or a posted matter is handled; every handler is called under it. Taken before any other.
    private readonly Lock _dispatch = new();

    private readonly ServerConfig _config;
    private readonly Socket _socket;
    private readonly ILogger _logger;
    private readonly SendQueue _send;
    private readonly CancellationTokenSource _ending = new();
    private readonly string _serverVersion;

    // Receive loop only.
    private readonly PacketReader _reader;
    private readonly ServerAuthentication _authentication;
    private Task<IServerConnectionHandler?>? _authenticating;
    private bool _isExtInfoAllowed;
    private ITimer? _graceTimer;

    // Dispatch lock.
    private readonly ServerKeyExchange _exchange;
    private IServerConnectionHandler? _handler;
    private Multiplexer? _multiplexer;
    private int _earlyRekeys;
    private ITimer? _rekeyTimer;
    private ITimer? _rekeyTimeout;

    // Any thread.
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ConnectionInfo _info;
    private int _hasEnded;
    private int _isDispatchRequested;
    private int _isRekeyDue;
    private ConnectionEnd _end;

    public SshServerConnection(
        ServerConfig config,
        IServerAuthenticator authenticator,
        Socket socket,
        IPEndPoint remoteEndPoint,
        ILogger logger)
    {
        _config = config;
        _socket = socket;
        _logger = logger;
        _serverVersion = $"SSH-2.0-{config.SoftwareVersion}";
        Span<byte> id = stackalloc byte[6];
        config.Randomness.Fill(id);
        _info = new ConnectionInfo(Convert.ToHexStringLower(id), remoteEndPoint, "");
        _send = new SendQueue(socket, config.Transport, this);
        _reader = new PacketReader(socket, config.Transport);
        _exchange = new ServerKeyExchange(config, _send, _reader, _serverVersion);
        _authentication = new ServerAuthentication(config, authenticator, _exchange, _send, logger);
    }

    /// <inheritdoc/>
    public override ConnectionInfo Info => _info;

    /// <inheritdoc/>
    public override void Disconnect(string peerMessage) =>
        End(ConnectionEnd.LocalDisconnect, DisconnectCode.ByApplication, peerMessage);

    public async Task<ConnectionEnd> RunAsync(CancellationToken stop)
    {
        _logger.ConnectionBegan(_info.Id, _info.RemoteEndPoint);
        var stopping = stop.UnsafeRegister(
            static state => ((SshServerConnection)state!).Disconnect("the server is shutting down"), this);
        try
        {
            await ReceiveAsync();
        }
        catch (DisconnectException exception)
        {
            End(exception.End, exception.Code, exception.Message);
        }
        catch (WireFormatException exception)
        {
            End(ConnectionEnd.ProtocolError, DisconnectCode.ProtocolError, exception.Message);
        }
        catch (SocketException)
        {
            End(ConnectionEnd.TransportClosed);
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The reason is recorded already.
            End(ConnectionEnd.LocalDisconnect);
        }
        catch (Exception exception)
        {
            FailInside(exception);
        }
        finally
        {
            await stopping.DisposeAsync();
            await CloseAsync();
        }

        return _end;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reader.Dispose();
        _send.Dispose();
        _ending.Dispose();
        _socket.Dispose();
    }

    /// <inheritdoc/>
    void ISendQueueOwner.OnSendFailed() => End(ConnectionEnd.TransportClosed);

    /// <inheritdoc/>
    void ISendQueueOwner.OnSendOverflow() => End(
        ConnectionEnd.ProtocolError,
        DisconnectCode.ProtocolError,
        $"more than {_config.Transport.QueuedControl} bytes of answers wait to be read");

    /// <inheritdoc/>
    void ISendQueueOwner.OnSendKeyWornOut() => RequestRekey();

    /// <summary>On the thread pool: takes the dispatch lock for those who posted something.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            lock (_dispatch)
            {
                TakePosted();
            }
        }
        catch (DisconnectException exception)
        {
            End(exception.End, exception.Code, exception.Message);
        }
        catch (Exception exception)
        {
            FailInside(exception);
        }

        _send.Flush();
    }

    private async Task ReceiveAsync()
    {
        _socket.NoDelay = true;
        _socket.Blocking = false;
        _graceTimer = _config.TimeProvider.CreateTimer(
            static state => ((SshServerConnection)state!).OnGraceOver(), this, _config.Authentication.LoginGrace, Timeout.InfiniteTimeSpan);

        await _socket.SendAsync(Encoding.ASCII.GetBytes(_serverVersion + "\r\n"), SocketFlags.None);
        lock (_dispatch)
        {
            _exchange.Start();
        }

        _send.Flush();
        if (!await ReadIdentificationAsync())
        {
            End(ConnectionEnd.TransportClosed);
            return;
        }

        while (Volatile.Read(ref _hasEnded) == 0)
        {
            lock (_dispatch)
            {
                ReceivePackets();
                TakePosted();
            }

            if (_authenticating is not { IsCompleted: true })
            {
                _send.Flush();
            }

            if (_authenticating is not null)
            {
                // Flushes when the login stands, so that the peer never hears of a success that the grace timer may undo.
                await FinishAuthenticationAsync(_authenticating);
            }
            else if (!await _reader.FillAsync())
            {
                End(ConnectionEnd.TransportClosed);
            }
        }
    }

    private async Task<bool> ReadIdentificationAsync()
    {
        while (true)
        {
            var length = IdentificationString.TryRead(_reader.Unread, out var version);
            if (length > 0)
            {
                _reader.Skip(length);
                _exchange.ClientVersion = version;
                _info = _info with { ClientVersion = version };
                return true;
            }

            if (!await _reader.FillAsync())
            {
                return false;
            }
        }
    }

    private void ReceivePackets()
    {
        while (_authenticating is null && Volatile.Read(ref _hasEnded) == 0 && _reader.TryRead(out var payload))
        {
            Receive(payload);
        }

        if (_reader.BytesUnderKey >= _config.Transport.RekeyBytes || _reader.PacketsUnderKey >= _config.Transport.RekeyPackets)
        {
            StartRekey();
        }
    }

    /// <summary>Takes one packet: what the transport layer knows itself, what a key exchange owns, the layers above.</summary>
    private void Receive(ReadOnlySpan<byte> payload)
    {
        var number = payload[0];
        var isExtInfoAllowed = _isExtInfoAllowed;
        _isExtInfoAllowed = false;
        if (number is < MessageNumber.KexInit or > MessageNumber.LastTransport)
        {
            RequireAllowedDuringExchange(number);
        }

        switch (number)
        {
            case 0:
                throw DisconnectException.Protocol("message number 0");
            case MessageNumber.Disconnect:
                MessageCodec.Read<Disconnect>(payload);
                End(ConnectionEnd.PeerDisconnected);
                break;
            case MessageNumber.Ignore:
            case MessageNumber.Unimplemented:
            case MessageNumber.Debug:
                // Nothing to do for them (RFC 4253 section 11), whatever they hold.
                break;
            case MessageNumber.ExtInfo when isExtInfoAllowed:
                // Nothing that a client announces is of use to a server yet.
                MessageCodec.Read<ExtInfo>(payload);
                break;
            case MessageNumber.ExtInfo:
                throw DisconnectException.Protocol("EXT_INFO anywhere but right after the first NEWKEYS");
            case >= MessageNumber.KexInit and <= MessageNumber.LastTransport:
                ReceiveKeyExchange(payload);
                break;
            case MessageNumber.Ping when _multiplexer is not null:
                AnswerPing(MessageCodec.Read<Ping>(payload));
                break;
            case MessageNumber.ServiceRequest or (>= MessageNumber.UserAuthRequest and < MessageNumber.FirstConnection):
                ReceiveAuthentication(payload);
                break;
            case >= MessageNumber.FirstConnection when _multiplexer is null:
                throw DisconnectException.Protocol($"message {number} before authentication");
            case >= MessageNumber.FirstConnection and <= MessageNumber.ChannelFailure:
                _multiplexer!.Receive(payload);
                break;
            default:
                // RFC 4253 section 11.4.
                _send.Append(new Unimplemented(unchecked(_reader.NextSequence - 1)));
                break;
        }
    }

    private void RequireAllowedDuringExchange(byte number)
    {
        if (number == MessageNumber.Disconnect)
        {
            return;
        }

        if (_exchange.IsOnlyExchangeAllowed)
        {
            throw DisconnectException.Protocol($"message {number} in a strict key exchange");
        }

        if ((!_exchange.HasKeys || _exchange.IsPeerBound) && number > MessageNumber.Debug)
        {
            throw DisconnectException.Protocol($"message {number} during a key exchange");
        }
    }

    private void ReceiveKeyExchange(ReadOnlySpan<byte> payload)
    {
        var isFirst = !_exchange.HasKeys;
        if (!isFirst && _multiplexer is null && payload[0] == MessageNumber.KexInit && ++_earlyRekeys > MaxEarlyRekeys)
        {
            throw DisconnectException.Protocol($"more than {MaxEarlyRekeys} re-keys before authentication");
        }

        _exchange.Receive(payload);
        if (_exchange.IsRunning)
        {
            if (!isFirst)
            {
                WatchRekey();
            }

            return;
        }

        _logger.KeysChanged(_info.Id);
        _isExtInfoAllowed = isFirst;
        _rekeyTimeout?.Dispose();
        _rekeyTimeout = null;
        Volatile.Write(ref _isRekeyDue, 0);
        _rekeyTimer ??= _config.TimeProvider.CreateTimer(
            static state => ((SshServerConnection)state!).RequestRekey(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _rekeyTimer.Change(_config.Transport.RekeyInterval, Timeout.InfiniteTimeSpan);
    }

    private void AnswerPing(Ping ping)
    {
        if (ping.Content.Length > _config.Transport.PingData)
        {
            throw DisconnectException.Protocol($"a ping of {ping.Content.Length} bytes exceeds {_config.Transport.PingData}");
        }

        _send.Append(new Pong(ping.Content), PongOverhead + ping.Content.Length);
    }

    private void ReceiveAuthentication(ReadOnlySpan<byte> payload)
    {
        if (_multiplexer is null)
        {
            _authenticating = _authentication.ReceiveAsync(_info, payload, _ending.Token).AsTask();
        }
        else if (payload[0] != MessageNumber.UserAuthRequest)
        {
            throw DisconnectException.Protocol($"message {payload[0]} after authentication");
        }

        // Further requests after success are silently ignored (RFC 4252 section 5.1).
    }

    private async Task FinishAuthenticationAsync(Task<IServerConnectionHandler?> authenticating)
    {
        var handler = await authenticating;
        _authenticating = null;
        if (handler is not null)
        {
            _graceTimer?.Dispose();
            lock (_dispatch)
            {
                _handler = handler;
                _multiplexer = new Multiplexer(_config, handler, _send, _info.Id, _logger, RequestDispatch);
                handler.OnAuthenticated(this);
            }
        }

        _send.Flush();
    }

    private void RequestDispatch()
    {
        // Whoever holds the lock now looks once more before it lets go; if it is us, that is sure.
        if (Interlocked.Exchange(ref _isDispatchRequested, 1) == 0 && !_dispatch.IsHeldByCurrentThread)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: true);
        }
    }

    /// <summary>Under the dispatch lock: looks after what was posted.</summary>
    private void TakePosted()
    {
        while (Interlocked.Exchange(ref _isDispatchRequested, 0) == 1)
        {
            _multiplexer?.TakePosted();
            if (Volatile.Read(ref _isRekeyDue) == 1)
            {
                StartRekey();
            }
        }
    }

    private void RequestRekey()
    {
        Volatile.Write(ref _isRekeyDue, 1);
        RequestDispatch();
    }

    /// <summary>Under the dispatch lock.</summary>
    private void StartRekey()
    {
        if (_exchange.HasKeys && !_exchange.IsRunning && _hasEnded == 0)
        {
            _exchange.Start();
            WatchRekey();
        }
    }

    private void WatchRekey() => _rekeyTimeout ??= _config.TimeProvider.CreateTimer(
        static state => ((SshServerConnection)state!).OnRekeyTimeout(), this, _config.Transport.RekeyTimeout, Timeout.InfiniteTimeSpan);

    private void OnRekeyTimeout() =>
        End(ConnectionEnd.ProtocolError, DisconnectCode.KeyExchangeFailed, "the key exchange took too long");

    private void OnGraceOver()
    {
        // The timer may have fired while authentication succeeded.
        lock (_dispatch)
        {
            if (_multiplexer is null)
            {
                End(ConnectionEnd.AuthenticationFailed, DisconnectCode.ByApplication, "nobody was authenticated in time");
            }
        }
    }

    private void FailInside(Exception exception)
    {
        _logger.ConnectionFailed(exception, _info.Id);
        End(ConnectionEnd.InternalError, DisconnectCode.ByApplication, "internal error");
    }

    /// <summary>
    /// Records the first reason, says goodbye if there is a text for the peer, and has the receive loop stop. Any
    /// thread, also under locks.
    /// </summary>
    private void End(ConnectionEnd end, DisconnectCode code = default, string? peerMessage = null)
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) == 1)
        {
            return;
        }

        _end = end;
        _logger.ConnectionEnded(_info.Id, end, peerMessage ?? "no message");
        if (end == ConnectionEnd.ProtocolError)
        {
            _logger.ProtocolBroken(_info.Id, peerMessage ?? "no message");
        }

        if (peerMessage is not null)
        {
            var text = peerMessage.Length > LongestText ? peerMessage[..LongestText] : peerMessage;
            _send.Append(new Disconnect((uint)code, text, ""), 4 * LongestText);
        }

        _send.Close();
        ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.StopReceiving(), this, preferLocal: false);
    }

    private void StopReceiving()
    {
        _send.Flush();
        try
        {
            _socket.Shutdown(SocketShutdown.Receive);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }

        try
        {
            _ending.Cancel();
        }
        catch (AggregateException exception)
        {
            // Something that waited for the cancellation is broken.
            _logger.ConnectionFailed(exception, _info.Id);
        }

        _stopped.SetResult();
    }

    private async Task CloseAsync()
    {
        _graceTimer?.Dispose();
        _send.Flush();
        try
        {
            await _send.WaitUntilDrainedAsync().WaitAsync(_config.Transport.LingerTimeout, _config.TimeProvider);
        }
        catch (TimeoutException)
        {
            // The peer does not read; what it does not get is its own loss.
        }

        Task handlers;
        lock (_dispatch)
        {
            _rekeyTimer?.Dispose();
            _rekeyTimeout?.Dispose();
            handlers = _multiplexer?.EndAsync() ?? Task.CompletedTask;
        }

        _socket.Dispose();
        _send.Flush();
        await _send.WaitUntilDrainedAsync();
        await _send.WaitForDrainerAsync();
        await _stopped.Task;
        try
        {
            await handlers;
        }
        catch (Exception exception)
        {
            // What a handler does wrong when it is cancelled must not keep the others from being told.
            _logger.ConnectionFailed(exception, _info.Id);
        }

        try
        {
            lock (_dispatch)
            {
                _multiplexer?.Dispose();
                _handler?.OnEnded(_end);
            }
        }
        catch (Exception exception)
        {
            _logger.ConnectionFailed(exception, _info.Id);
        }
    }
}
