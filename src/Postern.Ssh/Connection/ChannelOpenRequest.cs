namespace Postern.Ssh.Connection;

/// <summary>What a peer asks for when it opens a channel (RFC 4254 section 5.1): one of the nested records.</summary>
public abstract record ChannelOpenRequest
{
    private ChannelOpenRequest()
    {
    }

    /// <summary>A session (RFC 4254 section 6.1).</summary>
    public sealed record Session : ChannelOpenRequest;

    /// <summary>A forwarded TCP connection (RFC 4254 section 7.2). The names are attacker-controlled text.</summary>
    public sealed record DirectTcpIp(string Host, int Port, string OriginatorAddress, int OriginatorPort)
        : ChannelOpenRequest;
}
