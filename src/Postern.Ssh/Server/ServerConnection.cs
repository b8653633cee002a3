using Postern.Ssh.Connection;

namespace Postern.Ssh.Server;

/// <summary>One SSH connection in the server role, as its handler sees it.</summary>
public abstract class ServerConnection
{
    /// <summary>What is known of the connection.</summary>
    public abstract ConnectionInfo Info { get; }

    /// <summary>
    /// Opens a channel to the client: for a connection that was made to a forwarded port or socket, or to its key agent.
    /// Any thread. The handler is told of the open channel, or that it is over, before the result is there; a refusal
    /// and the end of the connection are results, not exceptions.
    /// </summary>
    /// <param name="request">One of the channels that servers open.</param>
    /// <param name="handler">Serves it.</param>
    /// <param name="cancellationToken">Gives it up: a channel that opens later is closed at once.</param>
    public abstract Task<ChannelOpenResult> OpenChannelAsync(
        ChannelOpenRequest request, IChannelHandler handler, CancellationToken cancellationToken);

    /// <summary>
    /// Sends a global request and gives the client's answer, a failure when the connection ends first. Any thread.
    /// Throws <see cref="InvalidOperationException"/> when more are unanswered than
    /// <see cref="ChannelLimits.PendingAnswers"/>.
    /// </summary>
    public abstract Task<GlobalReply> RequestAsync(GlobalRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Ends the connection: sends DISCONNECT with <paramref name="peerMessage"/> (short, safe, for the person) and
    /// closes. Does nothing when it has already ended.
    /// </summary>
    public abstract void Disconnect(string peerMessage);
}
