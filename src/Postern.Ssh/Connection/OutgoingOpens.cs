using System.Collections.Concurrent;
using Postern.Ssh.Messages;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Connection;

/// <summary>
/// Channels that we ask the peer to open (RFC 4254 section 5.1), until it answers. All members belong to the
/// connection's dispatch lock, but for <see cref="AskAsync"/>, which leaves its wish for the lock's next holder.
/// </summary>
internal sealed class OutgoingOpens(
    ChannelTable table, ChannelLimits limits, SendQueue send, Action<IChannelHandler> closeUnopened, Action requestDispatch)
{
    private static readonly ChannelOpenResult TooMany =
        new ChannelOpenResult.Refused(ChannelOpenFailureReason.ResourceShortage, "too many channels");

    private static readonly ChannelOpenResult TooLate =
        new ChannelOpenResult.Refused(ChannelOpenFailureReason.ConnectFailed, "the connection has ended");

    private readonly Dictionary<uint, Open> _waiting = [];
    private bool _isOver;

    // Any thread.
    private readonly ConcurrentQueue<Open> _asked = new();
    private readonly ConcurrentQueue<Open> _abandoned = new();

    /// <summary>Whether the peer owes us an answer.</summary>
    public bool IsAnswerDue => _waiting.Count > 0;

    /// <summary>Asks for a channel. Any thread.</summary>
    public async Task<ChannelOpenResult> AskAsync(
        ChannelOpenRequest request, IChannelHandler handler, CancellationToken cancellationToken)
    {
        var (type, rest) = ChannelOpenCodec.Write(request);
        var open = new Open(type, rest, handler, cancellationToken);
        _asked.Enqueue(open);
        requestDispatch();
        await using var registration = cancellationToken.UnsafeRegister(_ => Abandon(open), null);
        return await open.Completion.Task;
    }

    /// <summary>Sends what was asked for meanwhile, and lets go of what nobody waits for any more.</summary>
    public void TakePosted()
    {
        while (_asked.TryDequeue(out var open))
        {
            Send(open);
        }

        while (_abandoned.TryDequeue(out var open))
        {
            // The protocol cannot take an open back: its number stays until the peer has answered.
            if (!open.IsSettled)
            {
                Settle(open);
                open.Completion.SetCanceled(open.CancellationToken);
            }
        }
    }

    /// <summary>Takes the peer's yes: the open it answers. Throws <see cref="DisconnectException"/> for no question.</summary>
    public Open Take(uint number)
    {
        if (!_waiting.Remove(number, out var open))
        {
            throw DisconnectException.Protocol($"an answer to no question: no channel {number} is being opened");
        }

        return open;
    }

    /// <summary>Takes the peer's no.</summary>
    public void Refuse(ChannelOpenFailure failure)
    {
        var open = Take(failure.Channel);
        table.Release(failure.Channel, open.Window);
        Refuse(open, new ChannelOpenResult.Refused((ChannelOpenFailureReason)failure.Reason, failure.Description));
    }

    /// <summary>The connection is over: nothing opens any more.</summary>
    public void End()
    {
        _isOver = true;
        TakePosted();
        foreach (var open in _waiting.Values)
        {
            Refuse(open, TooLate);
        }

        _waiting.Clear();
    }

    private void Send(Open open)
    {
        if (_isOver || _waiting.Count >= limits.PendingOwnOpens || table.Count >= limits.MaximumChannels)
        {
            Refuse(open, _isOver ? TooLate : TooMany);
            return;
        }

        (var number, open.Window) = table.Reserve();
        _waiting.Add(number, open);
        send.Append(
            new ChannelOpen(open.Type, number, (uint)open.Window, (uint)limits.MaximumPacket, open.Rest),
            OutgoingPacket.SmallPayload + open.Rest.Length);
    }

    private void Refuse(Open open, ChannelOpenResult result)
    {
        if (!open.IsSettled)
        {
            Settle(open);
            open.Completion.SetResult(result);
        }
    }

    private void Settle(Open open)
    {
        open.IsSettled = true;
        closeUnopened(open.Handler);
    }

    private void Abandon(Open open)
    {
        _abandoned.Enqueue(open);
        requestDispatch();
    }

    /// <summary>One open that was asked for.</summary>
    internal sealed class Open(string type, byte[] rest, IChannelHandler handler, CancellationToken cancellationToken)
    {
        public string Type { get; } = type;

        public byte[] Rest { get; } = rest;

        public IChannelHandler Handler { get; } = handler;

        public CancellationToken CancellationToken { get; } = cancellationToken;

        /// <summary>Completed outside of the lock: whoever waits goes on elsewhere.</summary>
        public TaskCompletionSource<ChannelOpenResult> Completion { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>The receive window that was offered.</summary>
        public int Window { get; set; }

        /// <summary>Whether it opened, or its handler has been told that it does not.</summary>
        public bool IsSettled { get; set; }
    }
}
