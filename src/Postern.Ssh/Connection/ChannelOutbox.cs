using Postern.Ssh.EventLoops;
using Postern.Ssh.Messages;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Connection;

/// <summary>
/// The sending half of a channel, for its handler on any thread. Order of locks: the connection's dispatch lock, this
/// channel's, the send queue's; the queue is flushed outside of this one. Room to send is <see cref="SendRoom"/>'s matter, the
/// packets that data is written to <see cref="RentedData"/>'s; the receiving half is <see cref="ChannelInbox"/>.
/// </summary>
internal sealed class ChannelOutbox : Channel
{
    private readonly Lock _gate = new();
    private readonly SendQueue _send;
    private readonly Action<ChannelOutbox> _post;
    private readonly uint _peerNumber;

    // Under _gate.
    private readonly SendRoom _room;
    private readonly RentedData _rented;
    private readonly UnansweredRequests _unanswered;
    private bool _isEofSent;
    private bool _isCloseSent;
    private bool _isAnswerOwed;
    private bool _isOver;

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
        _room = new SendRoom(peerWindow, send, _gate);
        _rented = new RentedData(peerNumber, maximumData);
        _unanswered = new UnansweredRequests(maximumAnswers);
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
        lock (_gate)
        {
            return CanSend ? _room.WaitAsync(cancellationToken) : new ValueTask<bool>(false);
        }
    }

    /// <inheritdoc/>
    public override ChannelRoom AwaitRoom(IThreadPoolWorkItem whenAnswered)
    {
        lock (_gate)
        {
            return CanSend ? _room.Await(whenAnswered) : ChannelRoom.Never;
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
            return _rented.Rent(buffers, CanSend ? _room.Window : 0, Math.Min(_send.Room, _send.Batch));
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
        Task<bool> answer;
        lock (_gate)
        {
            if (_isCloseSent || _isOver)
            {
                return Task.FromResult(false);
            }

            answer = _unanswered.Add();
            AppendRequest(name, wantsReply: true, rest);
        }

        _send.Flush();
        return answer.WaitAsync(cancellationToken);
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
            _room.EndWait();
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
            _room.Add(credit);
        }
    }

    /// <summary>Takes the answer to our oldest request. Throws <see cref="DisconnectException"/> when there is none.</summary>
    public void ReceiveReply(bool isGranted)
    {
        lock (_gate)
        {
            if (_unanswered.TryAnswer(isGranted))
            {
                return;
            }
        }

        throw DisconnectException.Protocol($"an answer to no question on channel {Number}");
    }

    /// <summary>Nothing more can be sent: the connection ended, or both sides closed.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isOver = true;
            _room.EndWait();
            _unanswered.End();
        }
    }

    private bool CanSend => !_isEofSent && !_isCloseSent && !_isOver;

    private void Append(int length, bool isStandardError)
    {
        lock (_gate)
        {
            _rented.Append(length, isStandardError, CanSend, _room, _send);
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
            _room.EndWait();
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
}
