namespace Postern.Ssh.Connection;

/// <summary>The answer to a <see cref="ChannelOpenRequest"/>: one of the nested records.</summary>
public abstract record ChannelOpenDecision
{
    private ChannelOpenDecision()
    {
    }

    /// <summary>The channel opens and <paramref name="Handler"/> serves it.</summary>
    public sealed record Accepted(IChannelHandler Handler) : ChannelOpenDecision;

    /// <summary>The channel does not open; <paramref name="PeerMessage"/> is shown to the person by some clients.</summary>
    public sealed record Refused(ChannelOpenFailureReason Reason, string PeerMessage) : ChannelOpenDecision;
}
