namespace Postern.Ssh.Connection;

/// <summary>
/// Our requests on a channel that the peer has not answered. Answers carry no number, so the oldest is answered first (RFC 4254
/// section 5.4). Belongs to the channel's lock.
/// </summary>
/// <param name="maximum">The most that may be unanswered.</param>
internal sealed class UnansweredRequests(int maximum)
{
    private Queue<TaskCompletionSource<bool>>? _waiting;

    /// <summary>Counts one that is asked. Throws <see cref="InvalidOperationException"/> when too many are unanswered.</summary>
    public Task<bool> Add()
    {
        _waiting ??= new Queue<TaskCompletionSource<bool>>();
        if (_waiting.Count >= maximum)
        {
            throw new InvalidOperationException($"more than {maximum} requests of the channel wait for an answer");
        }

        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue(answer);
        return answer.Task;
    }

    /// <summary>Answers the oldest; false when there is none.</summary>
    public bool TryAnswer(bool isGranted)
    {
        if (_waiting?.TryDequeue(out var answer) != true)
        {
            return false;
        }

        // Nobody waits any more when it came behind the end.
        answer!.TrySetResult(isGranted);
        return true;
    }

    /// <summary>No answer counts any more; one that the peer has sent already is still the answer to a question.</summary>
    public void End()
    {
        foreach (var answer in _waiting ?? [])
        {
            answer.TrySetResult(false);
        }
    }
}
