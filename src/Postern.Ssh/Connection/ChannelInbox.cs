using Microsoft.Extensions.Logging;
using Postern.Ssh.Messages;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Connection;

/// <summary>
/// The receiving half of a channel: hands data, requests and the end to the handler in the order of the wire, and
/// keeps what must wait for the handler. How data is offered, and what the peer gets for it, is <see cref="DataOffers"/>'s
/// matter. All members belong to the connection's dispatch lock, but for the call of the event loop that gives it another turn.
/// </summary>
internal sealed class ChannelInbox : IThreadPoolWorkItem
{
    // What an item takes, roughly: a peer can make one of each byte, by sending one to each stream in turn.
    private const int ItemCost = 64;

    private readonly ChannelOutbox _channel;
    private readonly IChannelHandler _handler;
    private readonly ReceiveWindow _window;
    private readonly string _connectionId;
    private readonly ILogger _logger;
    private readonly Action<ChannelOutbox> _post;
    private readonly Queue<Item> _items = new();
    private readonly DataBacklog _backlog;
    private readonly DataOffers _offers;
    private readonly ChannelRequests _requests;
    private Item? _lastItem;
    private bool _hasPeerEof;

    // Set here, cleared by the event loop: what is kept has had its turn, and waits for the next.
    private volatile bool _isTurnOver;

    /// <param name="channel">The sending half.</param>
    /// <param name="handler">Serves the channel.</param>
    /// <param name="window">What the peer may send.</param>
    /// <param name="growth">Lets that grow.</param>
    /// <param name="limits">What may wait.</param>
    /// <param name="connectionId">The connection, for the log.</param>
    /// <param name="logger">Where broken handlers are told of.</param>
    /// <param name="post">Has this looked after.</param>
    public ChannelInbox(
        ChannelOutbox channel,
        IChannelHandler handler,
        ReceiveWindow window,
        WindowGrowth growth,
        ChannelLimits limits,
        string connectionId,
        ILogger logger,
        Action<ChannelOutbox> post)
    {
        _channel = channel;
        _handler = handler;
        _window = window;
        _connectionId = connectionId;
        _logger = logger;
        _post = post;
        _backlog = new DataBacklog(channel.Memory);
        _offers = new DataOffers(channel, handler, window, growth, _backlog, Fail);
        _requests = new ChannelRequests(channel, handler, limits, connectionId, logger, post);
    }

    private enum Kind
    {
        Data,
        StandardError,
        Request,
        Eof,
        Close,
    }

    /// <summary>The sending half.</summary>
    public ChannelOutbox Channel => _channel;

    /// <summary>The full window, as it is now.</summary>
    public int WindowSize => _window.Size;

    /// <summary>Whether the peer has sent CLOSE.</summary>
    public bool HasPeerClosed { get; private set; }

    /// <summary>Whether the handler has been told that the channel is over.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>The task that awaits the handler's answer to a request.</summary>
    public Task RunningRequest => _requests.Running;

    /// <summary>Tells the handler that the channel is open.</summary>
    public void Open()
    {
        try
        {
            _handler.OnOpened(_channel);
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    /// <summary>Counts data that came, and comes with <see cref="TakeData"/> before anything else does.</summary>
    public void CountData(int length)
    {
        RequireOpen();
        _window.Arrive(length);
    }

    /// <summary>Takes counted data, in the order in which it came; the memory is not needed after the call.</summary>
    public void TakeData(ReadOnlySpan<ReadOnlyMemory<byte>> pieces)
    {
        var taken = 0;
        if (pieces.Length > 1 && CanOffer)
        {
            taken = _offers.Offer(pieces);
        }

        foreach (var piece in pieces)
        {
            // What one call has left is kept, or is of no use any more.
            var done = Math.Min(taken, piece.Length);
            taken -= done;
            if (done < piece.Length)
            {
                Take(piece.Span[done..], Kind.Data);
            }
        }
    }

    /// <summary>Takes data beside the main stream; what the handler has no use for costs the peer nothing.</summary>
    public void ReceiveExtendedData(uint type, ReadOnlySpan<byte> data)
    {
        RequireOpen();
        _window.Arrive(data.Length);
        if (type == ChannelExtendedData.StandardError && _handler.WantsStandardError)
        {
            Take(data, Kind.StandardError);
        }
        else
        {
            _offers.Credit(data.Length);
        }
    }

    /// <summary>Takes a request.</summary>
    public void ReceiveRequest(ChannelRequest request, bool isReplyWanted, int length)
    {
        if (HasPeerClosed)
        {
            throw DisconnectException.Protocol($"a request on channel {_channel.Number} after its close");
        }

        if (IsFinished)
        {
            // The handler failed, and the peer may not know yet.
            return;
        }

        _requests.Count(length);
        Enqueue(new Item(Kind.Request, length, request, isReplyWanted));
    }

    /// <summary>Takes EOF.</summary>
    public void ReceiveEof()
    {
        RequireOpen();
        _hasPeerEof = true;
        _offers.EndCredit();
        Enqueue(new Item(Kind.Eof, 0));
    }

    /// <summary>Takes CLOSE, and answers it at once; the handler still gets what came before.</summary>
    public void ReceiveClose()
    {
        if (HasPeerClosed)
        {
            throw DisconnectException.Protocol($"a second close of channel {_channel.Number}");
        }

        HasPeerClosed = true;
        Enqueue(new Item(Kind.Close, 0));
        if (!_channel.SendClose())
        {
            // We closed before: nobody wants what is left.
            Finish();
        }

        _channel.End();
    }

    /// <summary>Hands over what waits, as far as the handler takes it.</summary>
    public void Pump(CancellationToken cancellationToken)
    {
        if (HasPeerClosed && _channel.IsClosedByHandler)
        {
            Finish();
            return;
        }

        if (_channel.TakeResumed())
        {
            _offers.Resume();
        }

        if (_isTurnOver)
        {
            return;
        }

        var turn = _channel.Turn;
        while (!IsFinished && _requests.TakeAnswer() && _items.TryPeek(out var item))
        {
            if (_channel.IsCloseSent && !HasPeerClosed)
            {
                Discard();
                return;
            }

            switch (item.Kind)
            {
                case Kind.Data or Kind.StandardError when !OfferBacklog(item, ref turn):
                    return;
                case Kind.Request:
                    _requests.Start(item.Request!, item.Length, item.IsReplyWanted, cancellationToken);
                    break;
                case Kind.Eof:
                    TellEof();
                    break;
                case Kind.Close:
                    Finish();
                    return;
                default:
                    break;
            }

            if (!IsFinished)
            {
                _items.Dequeue();
                _channel.Memory.Add(-ItemCost);
            }
        }
    }

    /// <summary>On the event loop, which has looked after others meanwhile.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        _isTurnOver = false;
        _post(_channel);
    }

    /// <summary>Ends the channel: drops what waits and tells the handler, once.</summary>
    public void Finish()
    {
        if (IsFinished)
        {
            return;
        }

        IsFinished = true;
        _channel.End();
        Discard();
        try
        {
            _handler.OnClosed();
        }
        catch (Exception exception)
        {
            _logger.HandlerFailed(exception, _connectionId, _channel.Number);
        }
    }

    // Whether nothing waits that came earlier.
    private bool CanOffer => _items.Count == 0 && !_requests.IsRunning && !_channel.IsCloseSent;

    private void Enqueue(Item item)
    {
        _items.Enqueue(item);
        _channel.Memory.Add(ItemCost);
        _lastItem = item;
    }

    private void RequireOpen()
    {
        if (_hasPeerEof || HasPeerClosed)
        {
            throw DisconnectException.Protocol($"data or EOF on channel {_channel.Number} after its end");
        }
    }

    private void Take(ReadOnlySpan<byte> data, Kind kind)
    {
        if (_channel.IsCloseSent || data.IsEmpty)
        {
            _offers.Credit(data.Length);
            return;
        }

        if (CanOffer)
        {
            data = data[_offers.Offer(data, kind == Kind.StandardError)..];
        }

        if (!data.IsEmpty && !IsFinished)
        {
            _backlog.Add(data);
            if (_items.Count > 0 && _lastItem is { } last && last.Kind == kind)
            {
                last.Length += data.Length;
            }
            else
            {
                Enqueue(new Item(kind, data.Length));
            }
        }
    }

    /// <summary>
    /// Offers one item of kept data; false when some of it must go on waiting, for the handler or for the next turn.
    /// </summary>
    private bool OfferBacklog(Item item, ref int turn)
    {
        while (item.Length > 0)
        {
            if (turn <= 0)
            {
                _isTurnOver = true;
                _channel.Loop.Yield(this);
                return false;
            }

            var first = _backlog.First;
            var offered = first[..Math.Min(first.Length, item.Length)];
            var taken = _offers.Offer(offered, item.Kind == Kind.StandardError);
            if (IsFinished)
            {
                return true;
            }

            if (taken > 0)
            {
                _backlog.Remove(taken);
                item.Length -= taken;
                turn -= taken;
            }

            if (_offers.IsBlocked)
            {
                return item.Length == 0;
            }
        }

        return true;
    }

    private void TellEof()
    {
        try
        {
            _handler.OnEof();
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    /// <summary>Drops what waits for a handler that wants nothing more: we closed, or the channel is over.</summary>
    private void Discard()
    {
        _channel.Memory.Add(-_items.Count * ItemCost);
        _items.Clear();
        _backlog.Clear();
        _requests.Clear();
    }

    /// <summary>The handler is broken: the channel ends, the connection goes on.</summary>
    private void Fail(Exception exception)
    {
        _logger.HandlerFailed(exception, _connectionId, _channel.Number);
        _channel.SendClose();
        Finish();
    }

    private sealed class Item(Kind kind, int length, ChannelRequest? request = null, bool isReplyWanted = false)
    {
        public Kind Kind { get; } = kind;

        public int Length { get; set; } = length;

        public ChannelRequest? Request { get; } = request;

        public bool IsReplyWanted { get; } = isReplyWanted;
    }
}
