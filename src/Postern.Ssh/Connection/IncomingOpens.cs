using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Messages;

namespace Postern.Ssh.Connection;

/// <summary>
/// Channels that the peer asks to open, until the handler has decided. All members belong to the connection's dispatch
/// lock, except the tasks that await a decision, which leave it for the lock's next holder.
/// </summary>
internal sealed class IncomingOpens(
    IConnectionHandler handler, Action<IChannelHandler> closeUnopened, string connectionId, ILogger logger, Action requestDispatch)
{
    private readonly HashSet<Task> _running = [];

    // Any thread.
    private readonly ConcurrentQueue<Decided> _decided = new();

    /// <summary>Opens that wait for a decision.</summary>
    public int Count { get; private set; }

    /// <summary>The tasks that wait for decisions.</summary>
    public IEnumerable<Task> Running => _running;

    /// <summary>Asks the handler; null when the decision takes time, and comes by <see cref="TryTake"/>.</summary>
    public ChannelOpenDecision? Ask(ChannelOpen open, ChannelOpenRequest request, CancellationToken cancellationToken)
    {
        ValueTask<ChannelOpenDecision> answer;
        try
        {
            answer = handler.OpenChannelAsync(request, cancellationToken);
        }
        catch (Exception exception)
        {
            logger.OpenFailed(exception, connectionId);
            return InternalError;
        }

        if (answer.IsCompletedSuccessfully)
        {
            return answer.Result;
        }

        Count++;
        var completion = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _running.Add(completion.Task);
        _ = AwaitDecisionAsync(open, answer, completion);
        return null;
    }

    /// <summary>Takes a decision that was made meanwhile.</summary>
    public bool TryTake(out ChannelOpen open, out ChannelOpenDecision decision)
    {
        if (!_decided.TryDequeue(out var decided))
        {
            open = default;
            decision = InternalError;
            return false;
        }

        _running.Remove(decided.Task);
        Count--;
        open = decided.Open;
        decision = decided.Decision;
        return true;
    }

    /// <summary>After the end: tells the handlers of channels that were granted too late to open.</summary>
    public void End()
    {
        while (_decided.TryDequeue(out var decided))
        {
            if (decided.Decision is ChannelOpenDecision.Accepted accepted)
            {
                closeUnopened(accepted.Handler);
            }
        }
    }

    /// <summary>Its task is the completion, which the end waits for.</summary>
    private async Task AwaitDecisionAsync(
        ChannelOpen open,
        ValueTask<ChannelOpenDecision> answer,
        TaskCompletionSource completion)
    {
        var decision = InternalError;
        try
        {
            decision = await answer;
        }
        catch (OperationCanceledException)
        {
            // The connection is ending.
        }
        catch (Exception exception)
        {
            logger.OpenFailed(exception, connectionId);
        }

        _decided.Enqueue(new Decided(open, decision, completion.Task));
        completion.SetResult();
        requestDispatch();
    }

    private static ChannelOpenDecision InternalError { get; } =
        new ChannelOpenDecision.Refused(ChannelOpenFailureReason.ConnectFailed, "internal error");

    private sealed record Decided(ChannelOpen Open, ChannelOpenDecision Decision, Task Task);
}
