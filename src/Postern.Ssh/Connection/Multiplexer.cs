using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Connection;

/// <summary>
/// The connection protocol of one authenticated connection (RFC 4254): numbers channels and hands every message to
/// its channel. All members belong to the connection's dispatch lock, except <see cref="Post"/> and the tasks that
/// await a handler's decision, which leave their result in a queue and ask for the lock's next holder to take it.
/// </summary>
internal sealed class Multiplexer(
    ServerConfig config,
    IServerConnectionHandler handler,
    SendQueue send,
    string connectionId,
    ILogger logger,
    Action requestDispatch) : IDisposable
{
    private const string KeepAlive = "keepalive@openssh.com";
    private const string NoMoreSessions = "no-more-sessions@openssh.com";
    private const int MaximumPort = 65535;
    private const int LongestFailure = 2 * 1024;

    // Dispatch lock.
    private readonly List<ChannelInbox?> _channels = [];
    private readonly Stack<uint> _freeNumbers = new();
    private readonly HashSet<Task> _opening = [];
    private readonly CancellationTokenSource _ending = new();
    private int _channelCount;
    private int _pendingOpens;
    private int _windowsGranted;
    private bool _areSessionsOver;
    private bool _isOver;

    // Any thread.
    private readonly ConcurrentQueue<ServerChannel> _posted = new();
    private readonly ConcurrentQueue<Decided> _decided = new();

    /// <summary>Takes a message numbered 80 to 127. Throws <see cref="DisconnectException"/> when it may not come.</summary>
    public void Receive(ReadOnlySpan<byte> payload)
    {
        switch (payload[0])
        {
            case MessageNumber.ChannelData:
                var data = MessageCodec.Read<ChannelData>(payload);
                Find(data.Channel).ReceiveData(data.Data);
                break;
            case MessageNumber.ChannelWindowAdjust:
                var adjust = MessageCodec.Read<ChannelWindowAdjust>(payload);
                Find(adjust.Channel).Channel.AddWindow(adjust.BytesToAdd);
                break;
            case MessageNumber.ChannelExtendedData:
                var extended = MessageCodec.Read<ChannelExtendedData>(payload);
                Find(extended.Channel).ReceiveExtendedData(extended.Data);
                break;
            case MessageNumber.ChannelRequest:
                ReceiveRequest(MessageCodec.Read<ChannelRequestMessage>(payload));
                break;
            case MessageNumber.ChannelEof:
                Pump(Find(MessageCodec.Read<ChannelEof>(payload).Channel), static inbox => inbox.ReceiveEof());
                break;
            case MessageNumber.ChannelClose:
                Pump(Find(MessageCodec.Read<ChannelClose>(payload).Channel), static inbox => inbox.ReceiveClose());
                break;
            case MessageNumber.ChannelOpen:
                ReceiveOpen(MessageCodec.Read<ChannelOpen>(payload));
                break;
            case MessageNumber.GlobalRequest:
                ReceiveGlobalRequest(MessageCodec.Read<GlobalRequest>(payload));
                break;
            case MessageNumber.RequestSuccess:
            case MessageNumber.RequestFailure:
            case MessageNumber.ChannelOpenConfirmation:
            case MessageNumber.ChannelOpenFailure:
            case MessageNumber.ChannelSuccess:
            case MessageNumber.ChannelFailure:
                // We ask for nothing, so there is nothing to answer.
                throw DisconnectException.Protocol($"an answer (message {payload[0]}) to no question");
            default:
                throw DisconnectException.Protocol($"message {payload[0]} is not one of the connection protocol");
        }
    }

    /// <summary>Has the channel looked after by the next holder of the dispatch lock. Any thread.</summary>
    public void Post(ServerChannel channel)
    {
        _posted.Enqueue(channel);
        requestDispatch();
    }

    /// <summary>Looks after what was posted and decided meanwhile.</summary>
    public void TakePosted()
    {
        if (_isOver)
        {
            return;
        }

        while (_decided.TryDequeue(out var decided))
        {
            _opening.Remove(decided.Task.Task);
            _pendingOpens--;
            Decide(decided.Open, decided.Decision);
        }

        while (_posted.TryDequeue(out var channel))
        {
            // The number may be free by now, or be another channel's.
            var inbox = channel.Number < _channels.Count ? _channels[(int)channel.Number] : null;
            if (inbox is not null && inbox.Channel == channel)
            {
                Pump(inbox, static _ => { });
            }
        }
    }

    /// <summary>The connection is over: cancels what runs and tells every channel. The result waits for the handlers.</summary>
    public Task EndAsync()
    {
        _isOver = true;
        var running = new List<Task>(_opening) { _ending.CancelAsync() };
        foreach (var inbox in _channels)
        {
            if (inbox is not null)
            {
                inbox.Finish();
                running.Add(inbox.RunningRequest);
            }
        }

        _channels.Clear();
        return Task.WhenAll(running);
    }

    /// <summary>After <see cref="EndAsync"/>: tells the handlers of channels that were granted too late to open.</summary>
    public void Dispose()
    {
        while (_decided.TryDequeue(out var decided))
        {
            if (decided.Decision is ChannelOpenDecision.Accepted accepted)
            {
                CloseUnopened(accepted.Handler);
            }
        }

        _ending.Dispose();
    }

    private ChannelInbox Find(uint number) =>
        (number < (uint)_channels.Count ? _channels[(int)number] : null)
        ?? throw DisconnectException.Protocol($"there is no channel {number}");

    private void Pump(ChannelInbox inbox, Action<ChannelInbox> receive)
    {
        receive(inbox);
        inbox.Pump(_ending.Token);
        if (inbox.IsFinished && inbox.HasPeerClosed)
        {
            var number = inbox.Channel.Number;
            _channels[(int)number] = null;
            _freeNumbers.Push(number);
            _channelCount--;
            _windowsGranted -= inbox.WindowSize;
        }
    }

    private void ReceiveRequest(ChannelRequestMessage message)
    {
        var inbox = Find(message.Channel);
        var request = ChannelRequestReader.Read(message.Name, message.Rest);
        inbox.ReceiveRequest(request, message.WantsReply, message.Name.Length + message.Rest.Length);
        Pump(inbox, static _ => { });
    }

    private void ReceiveGlobalRequest(GlobalRequest request)
    {
        var isGranted = request.Name == KeepAlive;
        if (request.Name == NoMoreSessions)
        {
            _areSessionsOver = true;
            isGranted = true;
        }

        if (!request.WantsReply)
        {
            return;
        }

        if (isGranted)
        {
            send.Append(new RequestSuccess([]));
        }
        else
        {
            send.Append(default(RequestFailure));
        }
    }

    private void ReceiveOpen(ChannelOpen open)
    {
        if (open.MaximumPacket == 0)
        {
            throw DisconnectException.Protocol("a channel whose packets hold nothing");
        }

        ChannelOpenRequest request;
        switch (open.Type)
        {
            case "session" when _areSessionsOver:
                throw DisconnectException.Protocol("a session after no-more-sessions");
            case "session":
                request = new ChannelOpenRequest.Session();
                break;
            case "direct-tcpip":
                var target = MessageCodec.ReadPart<DirectTcpIpOpen>(open.Rest);
                if (target.Port > MaximumPort || target.OriginatorPort > MaximumPort)
                {
                    Refuse(open, new(ChannelOpenFailureReason.ConnectFailed, "there is no such port"));
                    return;
                }

                request = new ChannelOpenRequest.DirectTcpIp(
                    target.Host, (int)target.Port, target.OriginatorAddress, (int)target.OriginatorPort);
                break;
            default:
                Refuse(open, new(ChannelOpenFailureReason.UnknownChannelType, "this kind of channel is not known"));
                return;
        }

        if (_pendingOpens >= config.Channels.PendingOpens
            || _channelCount + _pendingOpens >= config.Channels.MaximumChannels)
        {
            Refuse(open, new(ChannelOpenFailureReason.ResourceShortage, "too many channels"));
            return;
        }

        AskHandler(open, request);
    }

    private void AskHandler(ChannelOpen open, ChannelOpenRequest request)
    {
        ValueTask<ChannelOpenDecision> answer;
        try
        {
            answer = handler.OpenChannelAsync(request, _ending.Token);
        }
        catch (Exception exception)
        {
            logger.OpenFailed(exception, connectionId);
            answer = ValueTask.FromResult(InternalError());
        }

        if (answer.IsCompletedSuccessfully)
        {
            Decide(open, answer.Result);
            return;
        }

        _pendingOpens++;
        var completion = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _opening.Add(completion.Task);
        _ = AwaitDecisionAsync(open, answer, completion);
    }

    /// <summary>Its task is the completion, which <see cref="EndAsync"/> waits for.</summary>
    private async Task AwaitDecisionAsync(
        ChannelOpen open,
        ValueTask<ChannelOpenDecision> answer,
        TaskCompletionSource completion)
    {
        ChannelOpenDecision decision;
        try
        {
            decision = await answer;
        }
        catch (OperationCanceledException)
        {
            decision = InternalError();
        }
        catch (Exception exception)
        {
            logger.OpenFailed(exception, connectionId);
            decision = InternalError();
        }

        _decided.Enqueue(new Decided(open, decision, completion));
        completion.SetResult();
        requestDispatch();
    }

    private static ChannelOpenDecision InternalError() =>
        new ChannelOpenDecision.Refused(ChannelOpenFailureReason.ConnectFailed, "internal error");

    private void Decide(ChannelOpen open, ChannelOpenDecision decision)
    {
        switch (decision)
        {
            case ChannelOpenDecision.Accepted accepted:
                Confirm(open, accepted.Handler);
                break;
            case ChannelOpenDecision.Refused refused:
                Refuse(open, refused);
                break;
            default:
                throw new InvalidOperationException($"a handler gave {decision}");
        }
    }

    private void Refuse(ChannelOpen open, ChannelOpenDecision.Refused refused) => send.Append(
        new ChannelOpenFailure(open.SenderChannel, (uint)refused.Reason, refused.PeerMessage, ""),
        LongestFailure + (3 * refused.PeerMessage.Length));

    private void Confirm(ChannelOpen open, IChannelHandler channelHandler)
    {
        var limits = config.Channels;
        var size = _windowsGranted + limits.Window <= limits.WindowBudget ? limits.Window : limits.SmallWindow;
        if (!_freeNumbers.TryPop(out var number))
        {
            number = (uint)_channels.Count;
            _channels.Add(null);
        }

        var channel = new ServerChannel(number, open, limits.MaximumSentPacket, send, Post);
        var window = new ReceiveWindow(size, limits.MaximumPacket);
        var inbox = new ChannelInbox(channel, channelHandler, window, limits, connectionId, logger, Post);
        _channels[(int)number] = inbox;
        _channelCount++;
        _windowsGranted += size;
        send.Append(new ChannelOpenConfirmation(open.SenderChannel, number, (uint)size, (uint)limits.MaximumPacket));
        inbox.Open();
    }

    private void CloseUnopened(IChannelHandler channelHandler)
    {
        try
        {
            channelHandler.OnClosed();
        }
        catch (Exception exception)
        {
            logger.OpenFailed(exception, connectionId);
        }
    }

    private sealed record Decided(ChannelOpen Open, ChannelOpenDecision Decision, TaskCompletionSource Task);
}
