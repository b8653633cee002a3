namespace Postern.Ssh.Server;

/// <summary>Why a connection ended: one list for logs, metrics and audit.</summary>
public enum ConnectionEnd
{
    /// <summary>The peer said goodbye.</summary>
    PeerDisconnected,

    /// <summary>The transport was closed without a goodbye.</summary>
    TransportClosed,

    /// <summary>We ended it on purpose: shutdown, logout, or a right that was taken away.</summary>
    LocalDisconnect,

    /// <summary>The peer broke the protocol.</summary>
    ProtocolError,

    /// <summary>Nobody was authenticated in time or in the number of tries allowed.</summary>
    AuthenticationFailed,

    /// <summary>We are the client, and the server's key is not known to be the right one.</summary>
    HostKeyRefused,

    /// <summary>The host's memory budget was spent, and this connection held more of it than any other.</summary>
    MemoryShortage,

    /// <summary>Our fault.</summary>
    InternalError,
}
