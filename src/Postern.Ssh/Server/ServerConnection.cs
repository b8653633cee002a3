namespace Postern.Ssh.Server;

/// <summary>One SSH connection in the server role, as its handler sees it.</summary>
public abstract class ServerConnection
{
    /// <summary>What is known of the connection.</summary>
    public abstract ConnectionInfo Info { get; }

    /// <summary>
    /// Ends the connection: sends DISCONNECT with <paramref name="peerMessage"/> (short, safe, for the person) and
    /// closes. Does nothing when it has already ended.
    /// </summary>
    public abstract void Disconnect(string peerMessage);
}
