using System.Threading.Tasks.Sources;

namespace Postern.Ssh.Client;

/// <summary>
/// One stream of data from a channel to whoever reads it. It keeps nothing: what nobody waits for stays with the engine,
/// which the channel's window bounds, so that a slow reader slows the peer.
/// </summary>
internal sealed class ChannelReader : IValueTaskSource<int>
{
    private readonly Lock _gate = new();

    // Under _gate.
    private ManualResetValueTaskSourceCore<int> _waiter = new() { RunContinuationsAsynchronously = true };
    private CancellationToken _token;
    private CancellationTokenRegistration _cancellation;
    private Memory<byte> _buffer;
    private Action? _resume;
    private bool _isWaiting;
    private bool _hasMore;
    private bool _isEnded;

    /// <summary>The channel is open; the action has the engine offer again what it kept.</summary>
    public void Open(Action resume)
    {
        lock (_gate)
        {
            _resume = resume;
        }
    }

    /// <summary>Takes what a waiting reader has room for, and says how much that was. Dispatch lock.</summary>
    public int Offer(ReadOnlySpan<byte> data)
    {
        lock (_gate)
        {
            if (_isEnded)
            {
                return data.Length;
            }

            var taken = _isWaiting ? Math.Min(data.Length, _buffer.Length) : 0;
            _hasMore = taken < data.Length;
            if (taken > 0)
            {
                data[..taken].CopyTo(_buffer.Span);
                Complete(taken);
            }

            return taken;
        }
    }

    /// <summary>There is nothing more to come, and nobody to offer it to.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isEnded = true;
            if (_isWaiting)
            {
                Complete(0);
            }
        }
    }

    /// <summary>Waits for data; 0 at the end. One read at a time.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Action? resume = null;
        short version;
        lock (_gate)
        {
            if (_isWaiting)
            {
                throw new InvalidOperationException("somebody is already reading");
            }

            if (_isEnded || buffer.IsEmpty)
            {
                return new ValueTask<int>(0);
            }

            _waiter.Reset();
            _isWaiting = true;
            _token = cancellationToken;
            _buffer = buffer;
            version = _waiter.Version;
            if (cancellationToken.CanBeCanceled)
            {
                _cancellation = cancellationToken.UnsafeRegister(
                    static (state, token) => ((ChannelReader)state!).Cancel(token), this);
            }

            if (_hasMore)
            {
                _hasMore = false;
                resume = _resume;
            }
        }

        resume?.Invoke();
        return new ValueTask<int>(this, version);
    }

    int IValueTaskSource<int>.GetResult(short token) => _waiter.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.OnCompleted(continuation, state, token, flags);

    private void Complete(int count)
    {
        _isWaiting = false;
        _buffer = default;
        _cancellation.Unregister();
        _waiter.SetResult(count);
    }

    private void Cancel(CancellationToken token)
    {
        lock (_gate)
        {
            // The read that it is about may be over, and this be the next one.
            if (_isWaiting && token == _token)
            {
                _isWaiting = false;
                _buffer = default;
                _waiter.SetException(new OperationCanceledException(token));
            }
        }
    }
}
