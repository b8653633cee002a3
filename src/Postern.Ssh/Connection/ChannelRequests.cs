using Microsoft.Extensions.Logging;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Connection;

/// <summary>
/// The peer's requests on a channel: how many wait, and the one that the handler is asked now. All members belong to the
/// connection's dispatch lock, but for <see cref="AwaitAnswerAsync"/>.
/// </summary>
internal sealed class ChannelRequests(
    ChannelOutbox channel,
    IChannelHandler handler,
    ChannelLimits limits,
    string connectionId,
    ILogger logger,
    Action<ChannelOutbox> post)
{
    private int _waiting;
    private int _waitingBytes;
    private bool _isReplyWanted;

    // Written by the task that awaits the handler, read here after it posted: 0 none, 1 refused, 2 granted.
    private int _answer;

    /// <summary>Whether one has been started and not been answered.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>The task that awaits the handler's answer.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>Counts one that came, of so many bytes. Throws <see cref="DisconnectException"/> when too many wait.</summary>
    public void Count(int length)
    {
        _waiting++;
        _waitingBytes += length;
        channel.Memory.Add(length);
        if (_waiting > limits.PendingRequests || _waitingBytes > limits.PendingRequestBytes)
        {
            throw DisconnectException.Reached(EngineLimit.Requests, $"too many requests wait on channel {channel.Number}");
        }
    }

    /// <summary>Asks the handler.</summary>
    public void Start(ChannelRequest request, int length, bool isReplyWanted, CancellationToken cancellationToken)
    {
        _waiting--;
        _waitingBytes -= length;
        channel.Memory.Add(-length);
        _isReplyWanted = isReplyWanted;
        IsRunning = true;
        if (isReplyWanted)
        {
            channel.OweAnswer();
        }

        try
        {
            var answer = handler.OnRequestAsync(request, cancellationToken);
            if (answer.IsCompletedSuccessfully)
            {
                _answer = answer.Result ? 2 : 1;
                return;
            }

            Running = AwaitAnswerAsync(answer);
        }
        catch (Exception exception)
        {
            logger.RequestFailed(exception, connectionId, channel.Number);
            _answer = 1;
        }
    }

    /// <summary>Sends the answer to the running one if it is there; false when it must be waited for.</summary>
    public bool TakeAnswer()
    {
        if (!IsRunning)
        {
            return true;
        }

        var answer = Volatile.Read(ref _answer);
        if (answer == 0)
        {
            return false;
        }

        _answer = 0;
        IsRunning = false;
        if (_isReplyWanted)
        {
            channel.SendReply(answer == 2);
        }

        return true;
    }

    /// <summary>Forgets those that wait.</summary>
    public void Clear()
    {
        channel.Memory.Add(-_waitingBytes);
        _waiting = 0;
        _waitingBytes = 0;
    }

    private async Task AwaitAnswerAsync(ValueTask<bool> answer)
    {
        var isGranted = false;
        try
        {
            isGranted = await answer;
        }
        catch (OperationCanceledException)
        {
            // The connection is ending, nobody waits for the answer.
        }
        catch (Exception exception)
        {
            logger.RequestFailed(exception, connectionId, channel.Number);
        }

        Volatile.Write(ref _answer, isGranted ? 2 : 1);
        post(channel);
    }
}
