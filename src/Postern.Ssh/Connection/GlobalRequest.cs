namespace Postern.Ssh.Connection;

/// <summary>
/// A request that belongs to no channel (RFC 4254 section 4): one of the nested records. The names in them are
/// attacker-controlled text.
/// </summary>
public abstract record GlobalRequest
{
    private GlobalRequest()
    {
    }

    /// <summary>
    /// tcpip-forward (RFC 4254 section 7.1): listen, and open a <see cref="ChannelOpenRequest.ForwardedTcpIp"/> for
    /// each connection. For port 0 the answer is the port that was taken (<see cref="GlobalReply.ForPort"/>).
    /// </summary>
    public sealed record TcpIpForward(string Address, int Port) : GlobalRequest;

    /// <summary>cancel-tcpip-forward (RFC 4254 section 7.1).</summary>
    public sealed record CancelTcpIpForward(string Address, int Port) : GlobalRequest;

    /// <summary>streamlocal-forward@openssh.com: listen on a Unix socket.</summary>
    public sealed record StreamLocalForward(string SocketPath) : GlobalRequest;

    /// <summary>cancel-streamlocal-forward@openssh.com.</summary>
    public sealed record CancelStreamLocalForward(string SocketPath) : GlobalRequest;

    /// <summary>keepalive@openssh.com; the engine answers it itself, since an answer of either kind does.</summary>
    public sealed record KeepAlive : GlobalRequest;

    /// <summary>no-more-sessions@openssh.com: the client opens no session any more; the engine sees to it.</summary>
    public sealed record NoMoreSessions : GlobalRequest;

    /// <summary>A request of another name; handlers refuse it unless they know it.</summary>
    public sealed record Other(string Name, ReadOnlyMemory<byte> Content) : GlobalRequest;
}
