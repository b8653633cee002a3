using Postern.Ssh.Messages;

namespace Postern.Ssh.Connection;

/// <summary>Reads and writes the name and tail of a global request (RFC 4254 section 7.1, OpenSSH PROTOCOL).</summary>
internal static class GlobalRequestCodec
{
    private const string TcpIpForward = "tcpip-forward";
    private const string CancelTcpIpForward = "cancel-tcpip-forward";
    private const string StreamLocalForward = "streamlocal-forward@openssh.com";
    private const string CancelStreamLocalForward = "cancel-streamlocal-forward@openssh.com";
    private const string KeepAlive = "keepalive@openssh.com";
    private const string NoMoreSessions = "no-more-sessions@openssh.com";
    private const int MaximumPort = 65535;
    private const int FixedFields = 16;

    /// <summary>
    /// The request, or null when it asks for a port that there is not. Throws <see cref="Wire.WireFormatException"/>
    /// when a known request is malformed.
    /// </summary>
    public static GlobalRequest? Read(string name, byte[] rest)
    {
        switch (name)
        {
            case TcpIpForward:
                var forward = MessageCodec.ReadPart<TcpIpForwardRequest>(rest);
                return forward.Port > MaximumPort ? null : new GlobalRequest.TcpIpForward(forward.Address, (int)forward.Port);
            case CancelTcpIpForward:
                var cancel = MessageCodec.ReadPart<TcpIpForwardRequest>(rest);
                return cancel.Port > MaximumPort ? null : new GlobalRequest.CancelTcpIpForward(cancel.Address, (int)cancel.Port);
            case StreamLocalForward:
                return new GlobalRequest.StreamLocalForward(MessageCodec.ReadPart<StreamLocalForwardRequest>(rest).SocketPath);
            case CancelStreamLocalForward:
                return new GlobalRequest.CancelStreamLocalForward(
                    MessageCodec.ReadPart<StreamLocalForwardRequest>(rest).SocketPath);
            case KeepAlive:
                return new GlobalRequest.KeepAlive();
            case NoMoreSessions:
                return new GlobalRequest.NoMoreSessions();
            default:
                return new GlobalRequest.Other(name, rest);
        }
    }

    /// <summary>Name and tail of a request of ours.</summary>
    public static (string Name, byte[] Tail) Write(GlobalRequest request) => request switch
    {
        GlobalRequest.TcpIpForward forward => (TcpIpForward, Encode(forward.Address, forward.Port)),
        GlobalRequest.CancelTcpIpForward cancel => (CancelTcpIpForward, Encode(cancel.Address, cancel.Port)),
        GlobalRequest.StreamLocalForward forward => (StreamLocalForward, Encode(forward.SocketPath)),
        GlobalRequest.CancelStreamLocalForward cancel => (CancelStreamLocalForward, Encode(cancel.SocketPath)),
        GlobalRequest.KeepAlive => (KeepAlive, []),
        GlobalRequest.NoMoreSessions => (NoMoreSessions, []),
        GlobalRequest.Other other => (other.Name, other.Content.ToArray()),
        _ => throw new ArgumentException($"{request} cannot be asked", nameof(request)),
    };

    private static byte[] Encode(string address, int port) =>
        MessageCodec.WritePart(new TcpIpForwardRequest(address, (uint)port), FixedFields + (3 * address.Length));

    private static byte[] Encode(string path) =>
        MessageCodec.WritePart(new StreamLocalForwardRequest(path), FixedFields + (3 * path.Length));
}
