using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Transport;

/// <summary>
/// Why and how a connection stops: the first reason wins, the peer is told, and the receive loop is woken to find out,
/// unless it is the one that found the reason. All members may be used from any thread.
/// </summary>
internal sealed class ConnectionEnding(Socket socket, SendQueue send, ReachedLimits reached, string id, ILogger logger) : IThreadPoolWorkItem, IDisposable
{
    private const int LongestText = 1024;

    private readonly CancellationTokenSource _cancellation = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _hasEnded;
    private bool _saysGoodbye;

    // Receive loop only: it found the reason itself.
    private bool _isOwn;

    /// <summary>The first reason; of no meaning before <see cref="HasEnded"/>.</summary>
    public ConnectionEnd Reason { get; private set; }

    /// <summary>The reason in a sentence, of ours or of the peer without control characters.</summary>
    public string Message { get; private set; } = "";

    /// <summary>Whether there is a reason.</summary>
    public bool HasEnded => Volatile.Read(ref _hasEnded) == 1;

    /// <summary>Cancelled when the connection ends.</summary>
    public CancellationToken Token => _cancellation.Token;

    /// <summary>
    /// Records the first reason, says goodbye if there is a text for the peer, and has the receive loop stop. Also
    /// under locks.
    /// </summary>
    public void End(ConnectionEnd end, DisconnectCode code, string? peerMessage) => End(end, code, peerMessage, limit: null);

    /// <summary>The receive loop found the reason, and comes to <see cref="StopAsync"/> without being woken.</summary>
    public void EndReceiving(ConnectionEnd end, DisconnectCode code = default, string? peerMessage = null) =>
        _isOwn |= TryEnd(end, code, peerMessage, peerMessage ?? "no message");

    /// <summary>The receive loop found the peer's goodbye. Its text is shown nowhere as it came (Security 27).</summary>
    public void EndByPeer(Disconnect goodbye) =>
        _isOwn |= TryEnd(ConnectionEnd.PeerDisconnected, default, null, PeerText.ToLine(goodbye.Description, LongestText));

    /// <summary>Ends it with what an exception says: the peer's fault as it is worded, ours without words.</summary>
    public void Fail(Exception exception)
    {
        var (end, code, message) = Judge(exception);
        End(end, code, message, (exception as DisconnectException)?.Limit);
    }

    /// <summary>The same for one that the receive loop came to.</summary>
    public void FailReceiving(Exception exception)
    {
        var (end, code, message) = Judge(exception);
        _isOwn |= TryEnd(end, code, message, message, (exception as DisconnectException)?.Limit);
    }

    /// <summary>
    /// At the end of the receive loop: when the task is over, nothing here is still at work, and the peer has what was queued for it,
    /// DISCONNECT last, unless it did not take that in time.
    /// </summary>
    public async Task StopAsync(TimeSpan linger, TimeProvider time)
    {
        if (_isOwn)
        {
            Cancel();
        }

        // The loop may have seen the end before the goodbye was appended by whoever recorded it.
        await _stopped.Task;
        send.Flush();
        try
        {
            // A socket that is closed while something of the peer is unread, or is sent something then, throws away what it has not
            // sent: a peer that uploads, or gives credit for a download, would see a reset instead of the reason.
            await (_saysGoodbye ? send.WaitUntilSentAsync() : send.WaitUntilDrainedAsync()).WaitAsync(linger, time);
        }
        catch (TimeoutException)
        {
            // The peer does not read; what it does not get is its own loss.
        }
    }

    /// <summary>On the thread pool, for whoever waits for the cancellation may go on here: has the receive loop stop.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        send.Flush();
        try
        {
            socket.Shutdown(SocketShutdown.Receive);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }

        Cancel();
    }

    /// <inheritdoc/>
    public void Dispose() => _cancellation.Dispose();

    private (ConnectionEnd End, DisconnectCode Code, string Message) Judge(Exception exception)
    {
        switch (exception)
        {
            case DisconnectException disconnect:
                return (disconnect.End, disconnect.Code, disconnect.Message);
            case WireFormatException:
                return (ConnectionEnd.ProtocolError, DisconnectCode.ProtocolError, exception.Message);
            default:
                logger.ConnectionFailed(exception, id);
                return (ConnectionEnd.InternalError, DisconnectCode.ByApplication, "internal error");
        }
    }

    private void End(ConnectionEnd end, DisconnectCode code, string? peerMessage, EngineLimit? limit)
    {
        if (TryEnd(end, code, peerMessage, peerMessage ?? "no message", limit))
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private bool TryEnd(ConnectionEnd end, DisconnectCode code, string? peerMessage, string message, EngineLimit? limit = null)
    {
        if (Interlocked.Exchange(ref _hasEnded, 1) == 1)
        {
            return false;
        }

        Reason = end;
        Message = message;
        logger.ConnectionEnded(id, end, message);
        if (end == ConnectionEnd.ProtocolError)
        {
            logger.ProtocolBroken(id, message);
        }

        if (limit is { } first)
        {
            reached.Note(first);
        }

        if (peerMessage is not null)
        {
            _saysGoodbye = true;
            var text = peerMessage.Length > LongestText ? peerMessage[..LongestText] : peerMessage;
            send.Append(new Disconnect((uint)code, text, ""), 4 * LongestText);
        }

        send.Close();
        return true;
    }

    private void Cancel()
    {
        try
        {
            _cancellation.Cancel();
        }
        catch (AggregateException exception)
        {
            // Something that waited for the cancellation is broken.
            logger.ConnectionFailed(exception, id);
        }

        _stopped.SetResult();
    }
}
