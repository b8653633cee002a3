using System.Net;
using System.Net.Sockets;
using Postern.Ssh.Connection;
using Postern.Ssh.Server;

namespace Conformance;

/// <summary>
/// Serves sessions with built-in commands and forwards to loopback: <c>exit N</c>, <c>echo TEXT</c>, <c>cat</c> (sends
/// back what comes), <c>send N</c> (N bytes of a pattern), <c>hash</c> (SHA-256 of what comes), <c>err TEXT</c>,
/// <c>kill NAME</c> (exit-signal), <c>env</c> (what was set), <c>size</c> (the terminal).
/// </summary>
public sealed class CommandHandler : IServerConnectionHandler
{
    public void OnAuthenticated(ServerConnection connection)
    {
    }

    public ValueTask<ChannelOpenDecision> OpenChannelAsync(ChannelOpenRequest request, CancellationToken cancellationToken) =>
        request switch
        {
            ChannelOpenRequest.Session => ValueTask.FromResult<ChannelOpenDecision>(
                new ChannelOpenDecision.Accepted(new SessionCommand())),
            ChannelOpenRequest.DirectTcpIp { Host: "127.0.0.1" } forward => ConnectAsync(forward.Port, cancellationToken),
            _ => ValueTask.FromResult<ChannelOpenDecision>(
                new ChannelOpenDecision.Refused(ChannelOpenFailureReason.AdministrativelyProhibited, "loopback only")),
        };

    public void OnEnded(ConnectionEnd end)
    {
    }

    private static async ValueTask<ChannelOpenDecision> ConnectAsync(int port, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);
            return new ChannelOpenDecision.Accepted(new ForwardedSocket(socket));
        }
        catch (SocketException)
        {
            socket.Dispose();
            return new ChannelOpenDecision.Refused(ChannelOpenFailureReason.ConnectFailed, "connection refused");
        }
    }
}
