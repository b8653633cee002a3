using Postern.Ssh.Connection;

namespace Postern.Ssh.Server;

/// <summary>Answers for one authenticated connection: which channels open and what serves them.</summary>
public interface IServerConnectionHandler : IConnectionHandler
{
    /// <summary>Called once, right after authentication succeeded and before any channel opens.</summary>
    void OnAuthenticated(ServerConnection connection);

    /// <summary>Called once when the connection is over, after all its channels have been told.</summary>
    void OnEnded(ConnectionEnd end);
}
