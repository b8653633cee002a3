using System.Threading.Tasks.Sources;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Messages;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Connection;

/// <summary>
/// The sending half of a channel, for its handler on any thread. Order of locks: the connection's dispatch lock, this
/// channel's, the send queue's; the queue is flushed outside of this one. The receiving half is
/// <see cref="ChannelInbox"/>.
/// </summary>
internal sealed class ChannelOutbox : Channel, ISendWaiter, IValueTaskSource<bool>
{
    private readonly Lock _gate = new();
    private readonly SendQueue _send;
    private readonly Action<ChannelOutbox> _post;
    private readonly uint _peerNumber;
    private readonly int _maximumData;
    private readonly int _maximumAnswers;

    // Under _gate.
    private SendWindow _window;
    private PacketList _rented;
    private int _rentedLength;
    private bool _isEofSent;
    private bool _isCloseSent;
    private bool _isAnswerOwed;
    private bool _isOver;
    private bool _isWaiting;
    private IThreadPoolWorkItem? _whenAnswered;
    private bool _isRoomAwaited;
    private ManualResetValueTaskSourceCore<bool> _waiter = new() { RunContinuationsAsynchronously = true };
    private CancellationTokenRegistration _cancellation;
    private Queue<TaskCompletionSource<bool>>? _answers;

    // Any thread, interlocked.
    private int _isResumed;
    private bool _isClosedByHandler;

    /// <param name="number">Our number for it.</param>
    /// <param name="peerNumber">The peer's number for it.</param>
    /// <param name="peerWindow">What may be sent at first.</param>
    /// <param name="maximumData">The most data in one packet.</param>
    /// <param name="maximumAnswers">The most requests of ours that may be unanswered.</param>
    /// <param name="send">Where packets go.</param>
    /// <param name="post">Has the receiving half looked after.</param>
    public ChannelOutbox(
        uint number,
        uint peerNumber,
        uint peerWindow,
        int maximumData,
        int maximumAnswers,
        SendQueue send,
        Action<ChannelOutbox> post)
    {
        Number = number;
        _peerNumber = peerNumber;
        _window = new SendWindow(peerWindow);
        _maximumData = maximumData;
        _maximumAnswers = maximumAnswers;
        _send = send;
        _post = post;
    }

    /// <inheritdoc/>
    public override uint Number { get; }

    /// <summary>What the connection has of the host's memory budget.</summary>
    public MemoryAccount Memory => _send.Memory;

    /// <inheritdoc/>
    public override EventLoop Loop => _send.Loop;

    /// <summary>How many bytes are worth moving at once, after which others have their turn.</summary>
    public int Turn => _send.Batch;

    /// <summary>The peer's number for the channel.</summary>
    public uint PeerNumber => _peerNumber;

    /// <summary>Whether CLOSE has been sent.</summary>
    public bool IsCloseSent
    {
        get
        {
            lock (_gate)
            {
                return _isCloseSent;
            }
        }
    }

    /// <summary>Whether the handler has closed the channel, and so wants nothing that is still kept for it.</summary>
    public bool IsClosedByHandler => Volatile.Read(ref _isClosedByHandler);

    /// <inheritdoc/>
    public override ValueTask<bool> WaitToSendAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        short version;
        lock (_gate)
        {
            if (!CanSend)
            {
                return new ValueTask<bool>(false);
            }

            if (_isWaiting)
            {
                throw new InvalidOperationException("somebody is already waiting to send on the channel");
            }

            if (IsReady())
            {
                return new ValueTask<bool>(true);
            }

            _waiter.Reset();
            _isWaiting = true;
            version = _waiter.Version;
            if (cancellationToken.CanBeCanceled)
            {
                _cancellation = cancellationToken.UnsafeRegister(
                    static (state, token) => ((ChannelOutbox)state!).CancelWait(token), this);
            }
        }

        return new ValueTask<bool>(this, version);
    }

    /// <inheritdoc/>
    public override ChannelRoom AwaitRoom(IThreadPoolWorkItem whenAnswered)
    {
        lock (_gate)
        {
            if (!CanSend)
            {
                return ChannelRoom.Never;
            }

            if (_isWaiting)
            {
                throw new InvalidOperationException("somebody is already waiting to send on the channel");
            }

            if (IsReady())
            {
                return ChannelRoom.Now;
            }

            _isWaiting = true;
            _whenAnswered = whenAnswered;
            return ChannelRoom.Later;
        }
    }

    /// <inheritdoc/>
    public override Memory<byte> RentData()
    {
        Memory<byte> buffer = default;
        RentData(new Span<Memory<byte>>(ref buffer));
        return buffer;
    }

    /// <inheritdoc/>
    public override int RentData(Span<Memory<byte>> buffers)
    {
        lock (_gate)
        {
            if (!_rented.IsEmpty)
            {
                throw new InvalidOperationException("the packets rented before were not committed");
            }

            if (!CanSend)
            {
                return 0;
            }

            var count = 0;
            var room = Math.Min(_send.Room, _send.Batch);
            var window = _window.Available;
            while (count < buffers.Length && room > 0 && window > 0)
            {
                var length = (int)Math.Min((uint)_maximumData, window);
                var packet = OutgoingPacket.Rent(length + ChannelExtendedData.HeaderLength);
                _rented.Add(packet);
                _rentedLength += length;
                buffers[count++] = packet.Payload.Slice(ChannelData.HeaderLength, length);
                room -= packet.Buffer.Length;
                window -= (uint)length;
            }

            return count;
        }
    }

    /// <inheritdoc/>
    public override void AppendData(int length) => Append(length, isStandardError: false);

    /// <inheritdoc/>
    public override void Flush() => _send.Flush();

    /// <inheritdoc/>
    public override void CommitData(int length)
    {
        Append(length, isStandardError: false);
        _send.Flush();
    }

    /// <inheritdoc/>
    public override void CommitStandardError(int length)
    {
        Append(length, isStandardError: true);
        _send.Flush();
    }

    /// <inheritdoc/>
    public override void SendEof()
    {
        AppendEof();
        _send.Flush();
    }

    /// <inheritdoc/>
    public override Task<bool> RequestAsync(ChannelRequest request, CancellationToken cancellationToken)
    {
        var (name, rest) = ChannelRequestCodec.Write(request);
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_isCloseSent || _isOver)
            {
                return Task.FromResult(false);
            }

            _answers ??= new Queue<TaskCompletionSource<bool>>();
            if (_answers.Count >= _maximumAnswers)
            {
                throw new InvalidOperationException($"more than {_maximumAnswers} requests of the channel wait for an answer");
            }

            _answers.Enqueue(answer);
            AppendRequest(name, wantsReply: true, rest);
        }

        _send.Flush();
        return answer.Task.WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Send(ChannelRequest request)
    {
        AppendUnanswered(request);
        _send.Flush();
    }

    /// <inheritdoc/>
    public override void SendExitStatus(uint status) => Send(new ChannelRequest.ExitStatus(status));

    /// <inheritdoc/>
    public override void SendExitSignal(string signalName, bool isCoreDumped, string message) =>
        Send(new ChannelRequest.ExitSignal(signalName, isCoreDumped, message));

    /// <inheritdoc/>
    public override void Finish(ChannelRequest outcome)
    {
        AppendUnanswered(outcome);
        AppendEof();
        Close();
    }

    /// <inheritdoc/>
    public override void Close()
    {
        Volatile.Write(ref _isClosedByHandler, true);
        lock (_gate)
        {
            // A command may be over before the request that began it is answered, and behind CLOSE no answer can come.
            if (!_isAnswerOwed)
            {
                SendClose();
            }
        }

        _send.Flush();
        _post(this);
    }

    /// <inheritdoc/>
    public override void ResumeReceive()
    {
        Interlocked.Exchange(ref _isResumed, 1);
        _post(this);
    }

    /// <summary>Whether <see cref="ResumeReceive"/> was called since the last time that was asked.</summary>
    public bool TakeResumed() => Interlocked.Exchange(ref _isResumed, 0) == 1;

    /// <summary>Appends CLOSE unless that was done; the caller flushes.</summary>
    public bool SendClose()
    {
        lock (_gate)
        {
            if (_isCloseSent || _isOver)
            {
                return false;
            }

            _isCloseSent = true;
            _send.Append(new ChannelClose(_peerNumber));
            EndWait();
            return true;
        }
    }

    /// <summary>A request of the peer is with the handler, whose CLOSE goes behind the answer.</summary>
    public void OweAnswer()
    {
        lock (_gate)
        {
            _isAnswerOwed = true;
        }
    }

    /// <summary>Appends the answer to a channel request, and a CLOSE that waited for it; the caller flushes.</summary>
    public void SendReply(bool isSuccess)
    {
        lock (_gate)
        {
            _isAnswerOwed = false;
            if (_isCloseSent || _isOver)
            {
                return;
            }

            if (isSuccess)
            {
                _send.Append(new ChannelSuccess(_peerNumber));
            }
            else
            {
                _send.Append(new ChannelFailure(_peerNumber));
            }

            if (_isClosedByHandler)
            {
                SendClose();
            }
        }
    }

    /// <summary>Appends credit for the peer; the caller flushes.</summary>
    public void SendCredit(uint credit)
    {
        lock (_gate)
        {
            if (!_isCloseSent && !_isOver)
            {
                _send.Append(new ChannelWindowAdjust(_peerNumber, credit));
            }
        }
    }

    /// <summary>The peer allows more. Throws <see cref="DisconnectException"/> when that overflows.</summary>
    public void AddWindow(uint credit)
    {
        lock (_gate)
        {
            _window.Add(credit);
            WakeIfReady();
        }
    }

    /// <summary>Takes the answer to our oldest request. Throws <see cref="DisconnectException"/> when there is none.</summary>
    public void ReceiveReply(bool isGranted)
    {
        TaskCompletionSource<bool>? answer = null;
        lock (_gate)
        {
            _answers?.TryDequeue(out answer);
        }

        if (answer is null)
        {
            throw DisconnectException.Protocol($"an answer to no question on channel {Number}");
        }

        answer.SetResult(isGranted);
    }

    /// <inheritdoc/>
    public void OnRoom()
    {
        lock (_gate)
        {
            _isRoomAwaited = false;
            WakeIfReady();
        }
    }

    /// <summary>Nothing more can be sent: the connection ended, or both sides closed.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isOver = true;
            EndWait();
            while (_answers?.TryDequeue(out var answer) == true)
            {
                answer.SetResult(false);
            }
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _waiter.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags) => _waiter.OnCompleted(continuation, state, token, flags);

    private bool CanSend => !_isEofSent && !_isCloseSent && !_isOver;

    private void Append(int length, bool isStandardError)
    {
        lock (_gate)
        {
            if (_rented.IsEmpty)
            {
                throw new InvalidOperationException("no packet is rented");
            }

            ArgumentOutOfRangeException.ThrowIfNegative(length);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _rentedLength);
            _rentedLength = 0;

            // All but the last rented packet have the full length.
            for (var left = CanSend ? length : 0; left > 0;)
            {
                var packet = _rented.First!;
                _rented.RemoveFirst();
                var used = Math.Min(left, _maximumData);
                WriteHeader(packet, used, isStandardError);
                _window.Use(used);
                _send.Append(packet);
                left -= used;
            }

            _rented.ReturnAll();
        }
    }

    private void WriteHeader(OutgoingPacket packet, int length, bool isStandardError)
    {
        var payload = packet.Payload.Span;
        packet.IsData = true;
        if (isStandardError)
        {
            // The header is four bytes longer than the one that the room was left for.
            payload.Slice(ChannelData.HeaderLength, length).CopyTo(payload[ChannelExtendedData.HeaderLength..]);
            var writer = new Wire.WireWriter(payload);
            writer.WriteByte(MessageNumber.ChannelExtendedData);
            writer.WriteUInt32(_peerNumber);
            writer.WriteUInt32(ChannelExtendedData.StandardError);
            writer.WriteUInt32((uint)length);
            packet.PayloadLength = ChannelExtendedData.HeaderLength + length;
        }
        else
        {
            var writer = new Wire.WireWriter(payload);
            writer.WriteByte(MessageNumber.ChannelData);
            writer.WriteUInt32(_peerNumber);
            writer.WriteUInt32((uint)length);
            packet.PayloadLength = ChannelData.HeaderLength + length;
        }
    }

    private void AppendEof()
    {
        lock (_gate)
        {
            if (!CanSend)
            {
                return;
            }

            _isEofSent = true;
            _send.Append(new ChannelEof(_peerNumber));
            EndWait();
        }
    }

    private void AppendUnanswered(ChannelRequest request)
    {
        var (name, rest) = ChannelRequestCodec.Write(request);
        lock (_gate)
        {
            if (!_isCloseSent && !_isOver)
            {
                AppendRequest(name, wantsReply: false, rest);
            }
        }
    }

    private void AppendRequest(string name, bool wantsReply, byte[] rest) => _send.Append(
        new ChannelRequestMessage(_peerNumber, name, wantsReply, rest), OutgoingPacket.SmallPayload + rest.Length);

    /// <summary>Whether data may be sent now; when only the queue is in the way, asks it to call back.</summary>
    private bool IsReady()
    {
        if (_window.Available == 0)
        {
            return false;
        }

        if (_send.Room > 0)
        {
            return true;
        }

        if (!_isRoomAwaited)
        {
            _isRoomAwaited = _send.TryWait(this);
        }

        return !_isRoomAwaited;
    }

    private void WakeIfReady()
    {
        if (_isWaiting && IsReady())
        {
            CompleteWait(true);
        }
    }

    private void EndWait()
    {
        if (_isWaiting)
        {
            CompleteWait(false);
        }
    }

    private void CompleteWait(bool canSend)
    {
        _isWaiting = false;
        if (_whenAnswered is { } whenAnswered)
        {
            _whenAnswered = null;
            _send.Loop.Post(whenAnswered);
            return;
        }

        _cancellation.Unregister();
        _waiter.SetResult(canSend);
    }

    private void CancelWait(CancellationToken token)
    {
        lock (_gate)
        {
            if (_isWaiting)
            {
                _isWaiting = false;
                _waiter.SetException(new OperationCanceledException(token));
            }
        }
    }
}
