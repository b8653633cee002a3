using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Messages;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Connection;

/// <summary>
/// The connection protocol of one authenticated connection (RFC 4254), in either role: hands every message to its
/// channel, and answers to what they answer. All members belong to the connection's dispatch lock, except
/// <see cref="Post"/>, <see cref="OpenChannelAsync"/> and <see cref="Outbox"/>.
/// </summary>
internal sealed class Multiplexer : IDisposable
{
    // Number, three fields of four bytes, an empty language and its length. No more room is taken than the text needs: somebody who
    // is refused many channels at once must not seem to be one who does not read our answers.
    private const int FailureOverhead = 17;

    private readonly ConnectionRole _role;
    private readonly ChannelLimits _limits;
    private readonly SendQueue _send;
    private readonly string _connectionId;
    private readonly ILogger _logger;
    private readonly Action _requestDispatch;

    // Dispatch lock.
    private readonly ChannelTable _table;
    private readonly WindowGrowth _growth;
    private readonly GatheredData _gathered = new();
    private readonly IncomingOpens _incoming;
    private readonly OutgoingOpens _outgoing;
    private readonly GlobalInbox _inbox;
    private readonly CancellationTokenSource _ending = new();
    private bool _isEndingAwaited;
    private bool _areSessionsOver;
    private bool _isOver;

    // Any thread.
    private readonly ConcurrentQueue<ChannelOutbox> _posted = new();

    /// <param name="role">Our role on the connection.</param>
    /// <param name="limits">What the peer may make us keep.</param>
    /// <param name="handler">Answers the peer.</param>
    /// <param name="send">Where messages go; whoever holds the dispatch lock flushes it.</param>
    /// <param name="line">The line to the peer.</param>
    /// <param name="reached">Hears of limits that are reached.</param>
    /// <param name="connectionId">For logs.</param>
    /// <param name="logger">For failures of handlers.</param>
    /// <param name="requestDispatch">Has <see cref="TakePosted"/> called soon; any thread.</param>
    /// <param name="whenWaiting">
    /// Told of a global request whose answer takes its time, and of the task that is over when <see cref="TakePosted"/> sends it.
    /// </param>
    public Multiplexer(
        ConnectionRole role,
        ChannelLimits limits,
        IConnectionHandler handler,
        SendQueue send,
        LineMeter line,
        ReachedLimits reached,
        string connectionId,
        ILogger logger,
        Action requestDispatch,
        Action<GlobalRequest, Task>? whenWaiting = null)
    {
        _role = role;
        _limits = limits;
        _send = send;
        _connectionId = connectionId;
        _logger = logger;
        _requestDispatch = requestDispatch;
        _table = new ChannelTable(limits, send.Memory, reached);
        _growth = new WindowGrowth(_table, limits, line);
        _incoming = new IncomingOpens(handler, CloseUnopened, connectionId, logger, requestDispatch);
        _outgoing = new OutgoingOpens(_table, limits, send, CloseUnopened, requestDispatch);
        _inbox = new GlobalInbox(handler, limits, send, connectionId, logger, requestDispatch, whenWaiting);
        Outbox = new GlobalOutbox(send, limits);
    }

    /// <summary>Channels that are open, or that we asked to open. Other threads may see an older number.</summary>
    public int Count => _table.Count;

    /// <summary>Channels that were refused by a limit. Other threads may see an older number.</summary>
    public int RefusedOpens { get; private set; }

    // Cancelling takes a turn of the thread pool, which a connection that asked for nothing is spared.
    private CancellationToken Ending
    {
        get
        {
            _isEndingAwaited = true;
            return _ending.Token;
        }
    }

    /// <summary>Our own global requests.</summary>
    public GlobalOutbox Outbox { get; }

    /// <summary>
    /// Takes a message numbered 80 to 127; data is looked at until <see cref="HandOverData"/>. Throws
    /// <see cref="DisconnectException"/> when it may not come.
    /// </summary>
    public void Receive(ReadOnlyMemory<byte> packet)
    {
        var payload = packet.Span;
        if (payload[0] == MessageNumber.ChannelData)
        {
            var data = MessageCodec.Read<ChannelData>(payload);
            var inbox = _table.Find(data.Channel);
            inbox.CountData(data.Data.Length);
            _gathered.Add(inbox, packet[ChannelData.HeaderLength..]);
            return;
        }

        _gathered.HandOver();
        switch (payload[0])
        {
            case MessageNumber.ChannelWindowAdjust:
                var adjust = MessageCodec.Read<ChannelWindowAdjust>(payload);
                _table.Find(adjust.Channel).Channel.AddWindow(adjust.BytesToAdd);
                break;
            case MessageNumber.ChannelExtendedData:
                var extended = MessageCodec.Read<ChannelExtendedData>(payload);
                _table.Find(extended.Channel).ReceiveExtendedData(extended.Type, extended.Data);
                break;
            case MessageNumber.ChannelRequest:
                ReceiveRequest(MessageCodec.Read<ChannelRequestMessage>(payload));
                break;
            case MessageNumber.ChannelSuccess:
                _table.Find(MessageCodec.Read<ChannelSuccess>(payload).Channel).Channel.ReceiveReply(isGranted: true);
                break;
            case MessageNumber.ChannelFailure:
                _table.Find(MessageCodec.Read<ChannelFailure>(payload).Channel).Channel.ReceiveReply(isGranted: false);
                break;
            case MessageNumber.ChannelEof:
                Pump(_table.Find(MessageCodec.Read<ChannelEof>(payload).Channel), static inbox => inbox.ReceiveEof());
                break;
            case MessageNumber.ChannelClose:
                Pump(_table.Find(MessageCodec.Read<ChannelClose>(payload).Channel), static inbox => inbox.ReceiveClose());
                break;
            case MessageNumber.ChannelOpen:
                ReceiveOpen(MessageCodec.Read<ChannelOpen>(payload));
                break;
            case MessageNumber.ChannelOpenConfirmation or MessageNumber.ChannelOpenFailure when !_outgoing.IsAnswerDue:
                throw DisconnectException.Protocol($"an answer (message {payload[0]}) to no question");
            case MessageNumber.ChannelOpenConfirmation:
                ReceiveConfirmation(MessageCodec.Read<ChannelOpenConfirmation>(payload));
                break;
            case MessageNumber.ChannelOpenFailure:
                _outgoing.Refuse(MessageCodec.Read<ChannelOpenFailure>(payload));
                break;
            case MessageNumber.GlobalRequest:
                ReceiveGlobalRequest(MessageCodec.Read<GlobalRequestMessage>(payload));
                break;
            case MessageNumber.RequestSuccess:
                Outbox.Receive(new GlobalReply(true, MessageCodec.Read<RequestSuccess>(payload).Rest));
                break;
            case MessageNumber.RequestFailure:
                // Some peers send more than the number, and nothing in it is of use.
                Outbox.Receive(GlobalReply.Failure);
                break;
            default:
                throw DisconnectException.Protocol($"message {payload[0]} is not one of the connection protocol");
        }
    }

    /// <summary>Hands received data to the channels that it is for: when nothing more has come, and whatever has come next.</summary>
    public void HandOverData() => _gathered.HandOver();

    /// <summary>Has the channel looked after by the next holder of the dispatch lock. Any thread.</summary>
    public void Post(ChannelOutbox channel)
    {
        _posted.Enqueue(channel);
        _requestDispatch();
    }

    /// <summary>Opens a channel to the peer. Any thread; the handler is called under the dispatch lock.</summary>
    public Task<ChannelOpenResult> OpenChannelAsync(
        ChannelOpenRequest request, IChannelHandler handler, CancellationToken cancellationToken) =>
        _outgoing.AskAsync(request, handler, cancellationToken);

    /// <summary>Looks after what was posted, decided and asked meanwhile.</summary>
    public void TakePosted()
    {
        _outgoing.TakePosted();
        if (_isOver)
        {
            return;
        }

        while (_incoming.TryTake(out var open, out var decision))
        {
            Decide(open, decision);
        }

        _inbox.Pump(Ending);
        while (_posted.TryDequeue(out var channel))
        {
            if (_table.Find(channel) is { } inbox)
            {
                Pump(inbox, static _ => { });
            }
        }
    }

    /// <summary>The connection is over: cancels what runs and tells every channel. The result waits for the handlers.</summary>
    public Task EndAsync()
    {
        _isOver = true;
        var running = new List<Task>(_incoming.Running) { _inbox.Running };
        if (_isEndingAwaited)
        {
            running.Add(_ending.CancelAsync());
        }

        foreach (var inbox in _table.All)
        {
            inbox.Finish();
            running.Add(inbox.RunningRequest);
        }

        _table.Clear();
        _outgoing.End();
        Outbox.End();
        return Task.WhenAll(running);
    }

    /// <summary>After <see cref="EndAsync"/>: tells the handlers of channels that were granted too late to open.</summary>
    public void Dispose()
    {
        _incoming.End();
        _ending.Dispose();
    }

    private void Pump(ChannelInbox inbox, Action<ChannelInbox> receive)
    {
        receive(inbox);
        inbox.Pump(Ending);
        if (inbox.IsFinished && inbox.HasPeerClosed)
        {
            _table.Release(inbox.Channel.Number, inbox.WindowSize);
        }
    }

    private void ReceiveRequest(ChannelRequestMessage message)
    {
        var inbox = _table.Find(message.Channel);
        var request = ChannelRequestCodec.Read(message.Name, message.Rest);
        inbox.ReceiveRequest(request, message.WantsReply, message.Name.Length + message.Rest.Length);
        Pump(inbox, static _ => { });
    }

    private void ReceiveGlobalRequest(GlobalRequestMessage message)
    {
        var request = GlobalRequestCodec.Read(message.Name, message.Rest);
        if (request is GlobalRequest.NoMoreSessions)
        {
            _areSessionsOver = true;
        }

        _inbox.Receive(request, message.WantsReply, message.Name.Length + message.Rest.Length, Ending);
    }

    private void ReceiveOpen(ChannelOpen open)
    {
        RequirePackets(open.MaximumPacket);
        var (request, refusal) = ChannelOpenCodec.Read(_role, open);

        // What is kept until somebody has decided are the numbers.
        open = open with { Rest = [] };
        if (request is ChannelOpenRequest.Session && _areSessionsOver)
        {
            throw DisconnectException.Protocol("a session after no-more-sessions");
        }

        if (request is null)
        {
            Refuse(open, refusal!);
        }
        else if (_incoming.Count >= _limits.PendingOpens || _table.Count + _incoming.Count >= _limits.MaximumChannels)
        {
            RefuseByLimit(open, "too many channels");
        }
        else if (_send.Memory.IsSpent)
        {
            RefuseByLimit(open, "the server is short of memory");
        }
        else if (_incoming.Ask(open, request, Ending) is { } decision)
        {
            Decide(open, decision);
        }
    }

    private void RefuseByLimit(ChannelOpen open, string reason)
    {
        if (RefusedOpens++ == 0)
        {
            _logger.ChannelRefused(_connectionId, reason);
        }

        Refuse(open, new(ChannelOpenFailureReason.ResourceShortage, reason));
    }

    private void Decide(ChannelOpen open, ChannelOpenDecision decision)
    {
        switch (decision)
        {
            case ChannelOpenDecision.Accepted accepted:
                var (number, window) = _table.Reserve();
                _send.Append(new ChannelOpenConfirmation(open.SenderChannel, number, (uint)window, (uint)_limits.MaximumPacket));
                Begin(number, window, open.SenderChannel, open.InitialWindow, open.MaximumPacket, accepted.Handler);
                break;
            case ChannelOpenDecision.Refused refused:
                Refuse(open, refused);
                break;
            default:
                throw new InvalidOperationException($"a handler gave {decision}");
        }
    }

    private void Refuse(ChannelOpen open, ChannelOpenDecision.Refused refused) => _send.Append(
        new ChannelOpenFailure(open.SenderChannel, (uint)refused.Reason, refused.PeerMessage, ""),
        FailureOverhead + (3 * refused.PeerMessage.Length));

    private void ReceiveConfirmation(ChannelOpenConfirmation confirmation)
    {
        // Before the open is taken from those that the end of the connection settles.
        RequirePackets(confirmation.MaximumPacket);
        var open = _outgoing.Take(confirmation.Channel);
        var isWanted = !open.IsSettled;
        open.IsSettled = true;
        var channel = Begin(
            confirmation.Channel,
            open.Window,
            confirmation.SenderChannel,
            confirmation.InitialWindow,
            confirmation.MaximumPacket,
            isWanted ? open.Handler : new UnwantedChannel());
        if (isWanted)
        {
            open.Completion.SetResult(new ChannelOpenResult.Opened(channel));
        }
    }

    private static void RequirePackets(uint maximumPacket)
    {
        if (maximumPacket == 0)
        {
            throw DisconnectException.Protocol("a channel whose packets hold nothing");
        }
    }

    private ChannelOutbox Begin(
        uint number, int window, uint peerNumber, uint peerWindow, uint peerMaximumPacket, IChannelHandler channelHandler)
    {
        var maximumData = (int)Math.Min((uint)_limits.MaximumSentPacket, peerMaximumPacket);
        var channel = new ChannelOutbox(number, peerNumber, peerWindow, maximumData, _limits.PendingAnswers, _send, Post);
        var inbox = new ChannelInbox(
            channel, channelHandler, new ReceiveWindow(window, _limits.MaximumPacket, _growth.Time), _growth, _limits, _connectionId, _logger, Post);
        _table.Put(inbox);
        inbox.Open();
        return channel;
    }

    private void CloseUnopened(IChannelHandler channelHandler)
    {
        try
        {
            channelHandler.OnClosed();
        }
        catch (Exception exception)
        {
            _logger.OpenFailed(exception, _connectionId);
        }
    }
}
