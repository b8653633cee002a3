namespace Postern.Ssh.Connection;

/// <summary>Which side of a connection we are; it decides what the peer may open and ask for.</summary>
internal enum ConnectionRole
{
    /// <summary>We serve.</summary>
    Server,

    /// <summary>We connected.</summary>
    Client,
}
