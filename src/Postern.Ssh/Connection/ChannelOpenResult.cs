namespace Postern.Ssh.Connection;

/// <summary>What became of a channel that we asked for: one of the nested records.</summary>
public abstract record ChannelOpenResult
{
    private ChannelOpenResult()
    {
    }

    /// <summary>It is open, and its handler has been told.</summary>
    public sealed record Opened(Channel Channel) : ChannelOpenResult;

    /// <summary>
    /// It did not open, or the connection ended first; the handler has been told that it is over. The reason may be a
    /// number that the enumeration does not name, and the message is the peer's text of at most 8 KiB.
    /// </summary>
    public sealed record Refused(ChannelOpenFailureReason Reason, string PeerMessage) : ChannelOpenResult;
}
