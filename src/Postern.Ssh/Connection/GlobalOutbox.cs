using Postern.Ssh.Messages;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Connection;

/// <summary>
/// Our global requests that wait for their answers, which come in the order of the requests and carry no number
/// (RFC 4254 section 4). Any thread.
/// </summary>
internal sealed class GlobalOutbox(SendQueue send, ChannelLimits limits)
{
    private readonly Lock _gate = new();

    // Under _gate, which is taken before the send queue's lock.
    private readonly Queue<TaskCompletionSource<GlobalReply>> _waiting = new();
    private bool _isOver;

    /// <summary>
    /// Sends a request and gives its answer; a failure when the connection ends first. Throws
    /// <see cref="InvalidOperationException"/> when too many are unanswered.
    /// </summary>
    public Task<GlobalReply> AskAsync(GlobalRequest request)
    {
        var (name, rest) = GlobalRequestCodec.Write(request);
        var answer = new TaskCompletionSource<GlobalReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_isOver)
            {
                return Task.FromResult(GlobalReply.Failure);
            }

            if (_waiting.Count >= limits.PendingAnswers)
            {
                throw new InvalidOperationException($"more than {limits.PendingAnswers} global requests wait for an answer");
            }

            _waiting.Enqueue(answer);
            send.Append(new GlobalRequestMessage(name, WantsReply: true, rest), OutgoingPacket.SmallPayload + rest.Length);
        }

        send.Flush();
        return answer.Task;
    }

    /// <summary>Sends a request that nobody wants an answer to.</summary>
    public void Tell(GlobalRequest request)
    {
        var (name, rest) = GlobalRequestCodec.Write(request);
        send.Append(new GlobalRequestMessage(name, WantsReply: false, rest), OutgoingPacket.SmallPayload + rest.Length);
        send.Flush();
    }

    /// <summary>Takes the answer to the oldest request. Throws <see cref="DisconnectException"/> when there is none.</summary>
    public void Receive(GlobalReply reply)
    {
        TaskCompletionSource<GlobalReply>? answer;
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out answer))
            {
                throw DisconnectException.Protocol("an answer to no question: we sent no global request");
            }
        }

        answer.SetResult(reply);
    }

    /// <summary>The connection is over: nothing is answered any more.</summary>
    public void End()
    {
        lock (_gate)
        {
            _isOver = true;
            while (_waiting.TryDequeue(out var answer))
            {
                answer.SetResult(GlobalReply.Failure);
            }
        }
    }
}
