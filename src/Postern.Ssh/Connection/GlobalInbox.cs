using Microsoft.Extensions.Logging;
using Postern.Ssh.Messages;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Connection;

/// <summary>
/// Answers the peer's global requests one after another, for their answers carry no number (RFC 4254 section 4). All
/// members belong to the connection's dispatch lock, but for <see cref="AwaitAnswerAsync"/>.
/// </summary>
/// <param name="handler">Answers.</param>
/// <param name="limits">What may wait.</param>
/// <param name="send">Where answers go.</param>
/// <param name="connectionId">For logs.</param>
/// <param name="logger">For failures of the handler.</param>
/// <param name="requestDispatch">Has <see cref="Pump"/> called soon; any thread.</param>
/// <param name="whenWaiting">Told of a request whose answer takes its time, and of the task that is over when <see cref="Pump"/> sends it.</param>
internal sealed class GlobalInbox(
    IConnectionHandler handler,
    ChannelLimits limits,
    SendQueue send,
    string connectionId,
    ILogger logger,
    Action requestDispatch,
    Action<GlobalRequest, Task>? whenWaiting)
{
    // Number of the message.
    private const int ReplyOverhead = 1;

    private readonly Queue<Item> _items = new();
    private int _bytes;
    private bool _isRunning;
    private bool _isReplyWanted;

    // Written by the task that awaits the handler, read here after it asked for the dispatch.
    private StrongReply? _answer;

    /// <summary>The task that awaits the handler's answer.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    /// <summary>Takes a request; null is one that is refused without asking.</summary>
    public void Receive(GlobalRequest? request, bool isReplyWanted, int length, CancellationToken cancellationToken)
    {
        _bytes += length;
        if (_items.Count >= limits.PendingRequests || _bytes > limits.PendingRequestBytes)
        {
            throw DisconnectException.Reached(EngineLimit.Requests, "too many global requests wait");
        }

        send.Memory.Add(length);
        _items.Enqueue(new Item(request, isReplyWanted, length));
        Pump(cancellationToken);
    }

    /// <summary>Goes on after an answer, as far as the answers are there.</summary>
    public void Pump(CancellationToken cancellationToken)
    {
        while (TakeAnswer() && _items.TryDequeue(out var item))
        {
            _bytes -= item.Length;
            send.Memory.Add(-item.Length);
            _isReplyWanted = item.IsReplyWanted;
            _isRunning = true;
            Start(item.Request, cancellationToken);
        }
    }

    private void Start(GlobalRequest? request, CancellationToken cancellationToken)
    {
        switch (request)
        {
            case null:
                _answer = new StrongReply(GlobalReply.Failure);
                return;
            case GlobalRequest.KeepAlive or GlobalRequest.NoMoreSessions:
                _answer = new StrongReply(GlobalReply.Success);
                return;
        }

        try
        {
            var answer = handler.AnswerAsync(request, cancellationToken);
            if (answer.IsCompletedSuccessfully)
            {
                _answer = new StrongReply(answer.Result);
                return;
            }

            Running = AwaitAnswerAsync(answer);
            whenWaiting?.Invoke(request, Running);
        }
        catch (Exception exception)
        {
            logger.GlobalRequestFailed(exception, connectionId);
            _answer = new StrongReply(GlobalReply.Failure);
        }
    }

    private async Task AwaitAnswerAsync(ValueTask<GlobalReply> answer)
    {
        var reply = GlobalReply.Failure;
        try
        {
            reply = await answer;
        }
        catch (OperationCanceledException)
        {
            // The connection is ending, nobody waits for the answer.
        }
        catch (Exception exception)
        {
            logger.GlobalRequestFailed(exception, connectionId);
        }

        Volatile.Write(ref _answer, new StrongReply(reply));
        requestDispatch();
    }

    /// <summary>Sends the answer to the running request if it is there; false when it must be waited for.</summary>
    private bool TakeAnswer()
    {
        if (!_isRunning)
        {
            return true;
        }

        if (Volatile.Read(ref _answer) is not { } answer)
        {
            return false;
        }

        _answer = null;
        _isRunning = false;
        if (!_isReplyWanted)
        {
            return true;
        }

        if (answer.Reply.IsGranted)
        {
            var content = answer.Reply.Content.ToArray();
            send.Append(new RequestSuccess(content), ReplyOverhead + content.Length);
        }
        else
        {
            send.Append(default(RequestFailure));
        }

        return true;
    }

    private sealed record Item(GlobalRequest? Request, bool IsReplyWanted, int Length);

    private sealed record StrongReply(GlobalReply Reply);
}
