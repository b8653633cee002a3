using System.Net;
using Postern.Ssh.Connection;
using Postern.Ssh.Server;

namespace Postern.Targets.Tests.OpenSsh;

/// <summary>One connection of an ssh to an app, with everything permitted that the target can do.</summary>
internal sealed class AppConnection(ITargetApp app) : IServerConnectionHandler
{
    private readonly Dictionary<GlobalRequest, ITargetListener> _listeners = [];
    private ServerConnection _connection = null!;

    public void OnAuthenticated(ServerConnection connection) => _connection = connection;

    public async ValueTask<ChannelOpenDecision> OpenChannelAsync(ChannelOpenRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return request switch
            {
                ChannelOpenRequest.DirectTcpIp forward when app.ResolveDestination(forward.Host, forward.Port) is { } destination
                    => new ChannelOpenDecision.Accepted(await app.OpenTunnelAsync(destination, cancellationToken)),
                ChannelOpenRequest.DirectStreamLocal socket
                    => new ChannelOpenDecision.Accepted(await app.OpenSocketAsync(socket.SocketPath, cancellationToken)),
                ChannelOpenRequest.Session => new ChannelOpenDecision.Accepted(app.OpenSession(
                    TargetFixture.MakeContext("Welcome\n") with
                    {
                        OpenKeyAgent = (handler, _, ending) => _connection.OpenChannelAsync(new ChannelOpenRequest.KeyAgent(), handler, ending),
                    })),
                _ => new ChannelOpenDecision.Refused(ChannelOpenFailureReason.AdministrativelyProhibited, "not a relationship"),
            };
        }
        catch (TargetException exception)
        {
            return new ChannelOpenDecision.Refused(ChannelOpenFailureReason.ConnectFailed, exception.PeerMessage);
        }
    }

    public async ValueTask<GlobalReply> AnswerAsync(GlobalRequest request, CancellationToken cancellationToken)
    {
        try
        {
            switch (request)
            {
                case GlobalRequest.TcpIpForward forward:
                    int port = forward.Port;
                    ITargetListener listener = await app.ListenAsync(
                        forward.Port, (handler, from, ending) => OpenAsync(forward, port, handler, from!, ending), cancellationToken);
                    port = listener.Port;
                    _listeners.Add(new GlobalRequest.CancelTcpIpForward(forward.Address, port), listener);
                    return GlobalReply.ForPort(port);
                case GlobalRequest.StreamLocalForward forward:
                    _listeners.Add(
                        new GlobalRequest.CancelStreamLocalForward(forward.SocketPath),
                        await app.ListenAsync(
                            forward.SocketPath,
                            (handler, _, ending) => _connection.OpenChannelAsync(
                                new ChannelOpenRequest.ForwardedStreamLocal(forward.SocketPath), handler, ending),
                            cancellationToken));
                    return GlobalReply.Success;
                default:
                    if (!_listeners.Remove(request, out ITargetListener? ended))
                    {
                        return GlobalReply.Failure;
                    }

                    await ended.DisposeAsync();
                    return GlobalReply.Success;
            }
        }
        catch (TargetException)
        {
            return GlobalReply.Failure;
        }
    }

    public void OnEnded(ConnectionEnd end)
    {
        foreach (ITargetListener listener in _listeners.Values)
        {
            _ = listener.DisposeAsync().AsTask();
        }
    }

    private Task<ChannelOpenResult> OpenAsync(
        GlobalRequest.TcpIpForward forward, int port, IChannelHandler handler, IPEndPoint from, CancellationToken ending)
        => _connection.OpenChannelAsync(
            new ChannelOpenRequest.ForwardedTcpIp(forward.Address, port, $"{from.Address}", from.Port), handler, ending);
}
