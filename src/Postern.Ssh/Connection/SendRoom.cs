using System.Threading.Tasks.Sources;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Connection;

/// <summary>
/// The room to send on a channel, in the peer's window and in the connection's queue, and who waits for it: one at a time.
/// Belongs to the channel's lock, but for what says otherwise.
/// </summary>
/// <param name="peerWindow">What may be sent at first.</param>
/// <param name="send">Where packets go.</param>
/// <param name="gate">The channel's lock.</param>
internal sealed class SendRoom(uint peerWindow, SendQueue send, Lock gate) : ISendWaiter, IValueTaskSource<bool>
{
    private SendWindow _window = new(peerWindow);
    private bool _isWaiting;
    private IThreadPoolWorkItem? _whenAnswered;
    private bool _isQueueAwaited;
    private ManualResetValueTaskSourceCore<bool> _waiter = new() { RunContinuationsAsynchronously = true };
    private CancellationToken _token;
    private CancellationTokenRegistration _cancellation;

    /// <summary>What the peer lets be sent now.</summary>
    public uint Window => _window.Available;

    /// <summary>Uses the peer's window up; never more than <see cref="Window"/>.</summary>
    public void Use(int count) => _window.Use(count);

    /// <summary>The peer allows more. Throws <see cref="DisconnectException"/> when that overflows.</summary>
    public void Add(uint credit)
    {
        _window.Add(credit);
        WakeIfReady();
    }

    /// <summary>Waits for room; the result is false when that ended without.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        RequireNobodyWaits();
        if (IsReady())
        {
            return new ValueTask<bool>(true);
        }

        _waiter.Reset();
        _isWaiting = true;
        _token = cancellationToken;
        var version = _waiter.Version;
        if (cancellationToken.CanBeCanceled)
        {
            _cancellation = cancellationToken.UnsafeRegister(
                static (state, token) => ((SendRoom)state!).CancelWait(token), this);
        }

        return new ValueTask<bool>(this, version);
    }

    /// <summary>The same without a task: what is given runs on the loop when the wait is over, if there is one.</summary>
    public ChannelRoom Await(IThreadPoolWorkItem whenAnswered)
    {
        RequireNobodyWaits();
        if (IsReady())
        {
            return ChannelRoom.Now;
        }

        _isWaiting = true;
        _token = CancellationToken.None;
        _whenAnswered = whenAnswered;
        return ChannelRoom.Later;
    }

    /// <summary>Nothing more can be sent: ends a wait.</summary>
    public void EndWait()
    {
        if (_isWaiting)
        {
            CompleteWait(false);
        }
    }

    /// <summary>The queue has room. Any thread, without the channel's lock.</summary>
    public void OnRoom()
    {
        lock (gate)
        {
            _isQueueAwaited = false;
            WakeIfReady();
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => _waiter.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation,
        object? state,
        short token,
        ValueTaskSourceOnCompletedFlags flags) => _waiter.OnCompleted(continuation, state, token, flags);

    private void RequireNobodyWaits()
    {
        if (_isWaiting)
        {
            throw new InvalidOperationException("somebody is already waiting to send on the channel");
        }
    }

    /// <summary>Whether data may be sent now; when only the queue is in the way, asks it to call back.</summary>
    private bool IsReady()
    {
        if (_window.Available == 0)
        {
            return false;
        }

        if (send.Room > 0)
        {
            return true;
        }

        if (!_isQueueAwaited)
        {
            _isQueueAwaited = send.TryWait(this);
        }

        return !_isQueueAwaited;
    }

    private void WakeIfReady()
    {
        if (_isWaiting && IsReady())
        {
            CompleteWait(true);
        }
    }

    private void CompleteWait(bool canSend)
    {
        _isWaiting = false;
        if (_whenAnswered is { } whenAnswered)
        {
            _whenAnswered = null;
            send.Loop.Post(whenAnswered);
            return;
        }

        _cancellation.Unregister();
        _waiter.SetResult(canSend);
    }

    /// <summary>Any thread.</summary>
    private void CancelWait(CancellationToken token)
    {
        lock (gate)
        {
            // The wait that it is about may be over, and this be the next one.
            if (_isWaiting && token == _token)
            {
                _isWaiting = false;
                _waiter.SetException(new OperationCanceledException(token));
            }
        }
    }
}
