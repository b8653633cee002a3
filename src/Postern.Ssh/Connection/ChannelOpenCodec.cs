using Postern.Ssh.Messages;

namespace Postern.Ssh.Connection;

/// <summary>Reads and writes the type and tail of a channel open (RFC 4254 sections 6.1 and 7.2, OpenSSH PROTOCOL).</summary>
internal static class ChannelOpenCodec
{
    private const string Session = "session";
    private const string DirectTcpIp = "direct-tcpip";
    private const string DirectStreamLocal = "direct-streamlocal@openssh.com";
    private const string ForwardedTcpIp = "forwarded-tcpip";
    private const string ForwardedStreamLocal = "forwarded-streamlocal@openssh.com";
    private const string KeyAgent = "auth-agent@openssh.com";
    private const int MaximumPort = 65535;
    private const int FixedFields = 32;

    /// <summary>
    /// What a peer asks for, or why it is refused without asking anybody. Throws
    /// <see cref="Wire.WireFormatException"/> when a known type is malformed.
    /// </summary>
    /// <param name="role">Our role: servers open other channels than clients.</param>
    /// <param name="open">The message.</param>
    public static (ChannelOpenRequest? Request, ChannelOpenDecision.Refused? Refusal) Read(ConnectionRole role, ChannelOpen open)
    {
        switch ((role, open.Type))
        {
            case (ConnectionRole.Server, Session):
                RequireNoTail(open);
                return (new ChannelOpenRequest.Session(), null);
            case (ConnectionRole.Server, DirectTcpIp):
                var direct = MessageCodec.ReadPart<DirectTcpIpOpen>(open.Rest);
                return direct.Port > MaximumPort || direct.OriginatorPort > MaximumPort
                    ? (null, NoSuchPort)
                    : (new ChannelOpenRequest.DirectTcpIp(
                        direct.Host, (int)direct.Port, direct.OriginatorAddress, (int)direct.OriginatorPort), null);
            case (ConnectionRole.Server, DirectStreamLocal):
                return (new ChannelOpenRequest.DirectStreamLocal(
                    MessageCodec.ReadPart<DirectStreamLocalOpen>(open.Rest).SocketPath), null);
            case (ConnectionRole.Client, ForwardedTcpIp):
                var forwarded = MessageCodec.ReadPart<ForwardedTcpIpOpen>(open.Rest);
                return forwarded.Port > MaximumPort || forwarded.OriginatorPort > MaximumPort
                    ? (null, NoSuchPort)
                    : (new ChannelOpenRequest.ForwardedTcpIp(
                        forwarded.Address, (int)forwarded.Port, forwarded.OriginatorAddress, (int)forwarded.OriginatorPort), null);
            case (ConnectionRole.Client, ForwardedStreamLocal):
                return (new ChannelOpenRequest.ForwardedStreamLocal(
                    MessageCodec.ReadPart<ForwardedStreamLocalOpen>(open.Rest).SocketPath), null);
            case (ConnectionRole.Client, KeyAgent):
                RequireNoTail(open);
                return (new ChannelOpenRequest.KeyAgent(), null);
            default:
                return (null, new(ChannelOpenFailureReason.UnknownChannelType, "this kind of channel is not known"));
        }
    }

    /// <summary>Type and tail of an open of ours.</summary>
    public static (string Type, byte[] Tail) Write(ChannelOpenRequest request) => request switch
    {
        ChannelOpenRequest.Session => (Session, []),
        ChannelOpenRequest.DirectTcpIp direct => (DirectTcpIp, MessageCodec.WritePart(
            new DirectTcpIpOpen(direct.Host, (uint)direct.Port, direct.OriginatorAddress, (uint)direct.OriginatorPort),
            FixedFields + Longest(direct.Host) + Longest(direct.OriginatorAddress))),
        ChannelOpenRequest.DirectStreamLocal direct => (DirectStreamLocal, MessageCodec.WritePart(
            new DirectStreamLocalOpen(direct.SocketPath, "", 0), FixedFields + Longest(direct.SocketPath))),
        ChannelOpenRequest.ForwardedTcpIp forwarded => (ForwardedTcpIp, MessageCodec.WritePart(
            new ForwardedTcpIpOpen(
                forwarded.Address, (uint)forwarded.Port, forwarded.OriginatorAddress, (uint)forwarded.OriginatorPort),
            FixedFields + Longest(forwarded.Address) + Longest(forwarded.OriginatorAddress))),
        ChannelOpenRequest.ForwardedStreamLocal forwarded => (ForwardedStreamLocal, MessageCodec.WritePart(
            new ForwardedStreamLocalOpen(forwarded.SocketPath, ""), FixedFields + Longest(forwarded.SocketPath))),
        ChannelOpenRequest.KeyAgent => (KeyAgent, []),
        _ => throw new ArgumentException($"{request} cannot be opened", nameof(request)),
    };

    private static void RequireNoTail(ChannelOpen open)
    {
        if (open.Rest.Length > 0)
        {
            throw new Wire.WireFormatException($"{open.Rest.Length} bytes behind an open of type {open.Type}");
        }
    }

    private static ChannelOpenDecision.Refused NoSuchPort =>
        new(ChannelOpenFailureReason.ConnectFailed, "there is no such port");

    // UTF-8 needs at most three bytes for a character of a string.
    private static int Longest(string text) => 3 * text.Length;
}
