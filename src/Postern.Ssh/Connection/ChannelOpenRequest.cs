namespace Postern.Ssh.Connection;

/// <summary>
/// What is asked for when a channel opens (RFC 4254 section 5.1): one of the nested records. The names in them are
/// attacker-controlled text.
/// </summary>
public abstract record ChannelOpenRequest
{
    private ChannelOpenRequest()
    {
    }

    /// <summary>A session (RFC 4254 section 6.1); opened by clients.</summary>
    public sealed record Session : ChannelOpenRequest;

    /// <summary>A TCP connection from the server's side (RFC 4254 section 7.2); opened by clients.</summary>
    public sealed record DirectTcpIp(string Host, int Port, string OriginatorAddress, int OriginatorPort)
        : ChannelOpenRequest;

    /// <summary>
    /// A connection to a Unix socket on the server's side (direct-streamlocal@openssh.com); opened by clients.
    /// </summary>
    public sealed record DirectStreamLocal(string SocketPath) : ChannelOpenRequest;

    /// <summary>
    /// A connection that was made to a port that the client had asked to listen on (RFC 4254 section 7.2); opened by
    /// servers. Address and port are those of the request.
    /// </summary>
    public sealed record ForwardedTcpIp(string Address, int Port, string OriginatorAddress, int OriginatorPort)
        : ChannelOpenRequest;

    /// <summary>
    /// A connection that was made to a Unix socket that the client had asked to listen on
    /// (forwarded-streamlocal@openssh.com); opened by servers.
    /// </summary>
    public sealed record ForwardedStreamLocal(string SocketPath) : ChannelOpenRequest;

    /// <summary>A connection to the client's key agent (auth-agent@openssh.com); opened by servers.</summary>
    public sealed record KeyAgent : ChannelOpenRequest;
}
