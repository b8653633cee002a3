namespace Postern.Ssh.Connection;

/// <summary>
/// Answers what a peer asks of an open connection, in either role. Called under the connection's dispatch lock, one
/// call after another; none may block.
/// </summary>
public interface IConnectionHandler
{
    /// <summary>
    /// Decides on a channel that the peer opens. Other channels of the connection go on meanwhile; the engine bounds
    /// how many opens may be undecided at once.
    /// </summary>
    ValueTask<ChannelOpenDecision> OpenChannelAsync(ChannelOpenRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Decides on a global request. The next one waits for the answer, so that answers go out in the order of the
    /// requests; channels do not. Refuses everything unless a handler knows better.
    /// </summary>
    ValueTask<GlobalReply> AnswerAsync(GlobalRequest request, CancellationToken cancellationToken) =>
        ValueTask.FromResult(GlobalReply.Failure);
}
