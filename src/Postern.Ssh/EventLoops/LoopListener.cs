using System.Net.Sockets;

namespace Postern.Ssh.EventLoops;

/// <summary>Accepts the connections of a listening socket on an event loop, all that wait at once.</summary>
public sealed class LoopListener : IThreadPoolWorkItem, IAsyncDisposable
{
    // What is accepted before the connections of the loop have their turn again: some milliseconds of work.
    private const int MaximumTurn = 32;

    // How long accepting rests after a failure such as too many open files, which ends only when others leave.
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(200);

    private readonly Socket _socket;
    private readonly Action<Socket> _accepted;
    private readonly Action<Exception> _failed;
    private readonly LoopDescriptor _descriptor;
    private readonly ITimer _rest;
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isStopping;

    /// <summary>Starts to accept.</summary>
    /// <param name="loop">Where it is done.</param>
    /// <param name="socket">A listening socket; taken over.</param>
    /// <param name="accepted">Takes over each connection, on the loop: it must not block.</param>
    /// <param name="failed">Is told, on the loop, why accepting failed, or what <paramref name="accepted"/> threw.</param>
    /// <param name="time">The clock of rests after failures.</param>
    public LoopListener(EventLoop loop, Socket socket, Action<Socket> accepted, Action<Exception> failed, TimeProvider time)
    {
        socket.Blocking = false;
        _socket = socket;
        _accepted = accepted;
        _failed = failed;
        _rest = time.CreateTimer(
            static state => ((LoopListener)state!).Go(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _descriptor = loop.Watch(socket.SafeHandle, Go, null);
        Go();
    }

    /// <summary>Closes the socket. Nothing more is accepted when the task is over.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_isStopping)
        {
            _isStopping = true;
            await _rest.DisposeAsync();
            Go();
        }

        await _stopped.Task;
        _descriptor.Dispose();
    }

    /// <summary>On the loop: accepts what waits.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        for (var left = MaximumTurn; left > 0; left--)
        {
            if (_isStopping)
            {
                _descriptor.Dispose();
                _socket.Dispose();
                _stopped.TrySetResult();
                return;
            }

            try
            {
                _descriptor.ExpectReadable();
                if (_socket.Poll(0, SelectMode.SelectRead))
                {
                    _accepted(_socket.Accept());
                }
                else if (!_descriptor.AwaitReadable())
                {
                    return;
                }
            }
            catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionAborted or SocketError.WouldBlock)
            {
                // Who waited is gone already.
            }
            catch (SocketException exception)
            {
                _failed(exception);
                _rest.Change(Rest, Timeout.InfiniteTimeSpan);
                return;
            }
            catch (Exception exception)
            {
                _failed(exception);
            }
        }

        Go();
    }

    private void Go() => _descriptor.Loop.Post(this);
}
