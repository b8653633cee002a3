using Postern.Ssh.Connection;

namespace Postern.Ssh.Server;

/// <summary>Answers for one authenticated connection: which channels open and what serves them.</summary>
public interface IServerConnectionHandler
{
    /// <summary>Called once, right after authentication succeeded and before any channel opens.</summary>
    void OnAuthenticated(ServerConnection connection);

    /// <summary>
    /// Decides on a channel. Other channels of the connection go on meanwhile; the engine bounds how many opens may
    /// be undecided at once.
    /// </summary>
    ValueTask<ChannelOpenDecision> OpenChannelAsync(ChannelOpenRequest request, CancellationToken cancellationToken);

    /// <summary>Called once when the connection is over, after all its channels have been told.</summary>
    void OnEnded(ConnectionEnd end);
}
