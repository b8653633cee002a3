using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Ssh.Connection;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Targets.Tunnels;

namespace Postern.Bench;

/// <summary>
/// The engine and the target's tunnels in a process of their own, which says what it has allocated so far whenever it gets a
/// line. It lets everybody in, and tunnels lead to the far end of the benchmark only.
/// </summary>
internal sealed class EngineHost(int port, int tunnelPort) : IServerAuthenticator, IServerConnectionHandler
{
    public async Task RunAsync()
    {
        var config = new ServerConfig { HostKeys = [new HostKey(Ed25519PrivateKey.Generate())] };
        var server = new SshServer(config, this, NullLogger.Instance);
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        _ = AcceptAsync(server, listener); // It ends with the process.
        while (await Console.In.ReadLineAsync() is not null)
        {
            Console.WriteLine(GC.GetTotalAllocatedBytes(precise: true).ToString(CultureInfo.InvariantCulture));
        }
    }

    public ValueTask<bool> IsKeyWorthTryingAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken) =>
        ValueTask.FromResult(true);

    public ValueTask<AuthenticationOutcome> AuthenticateAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken) =>
        ValueTask.FromResult<AuthenticationOutcome>(new AuthenticationOutcome.Accepted(this));

    public void OnAuthenticated(ServerConnection connection)
    {
    }

    public void OnEnded(ConnectionEnd end)
    {
    }

    public async ValueTask<ChannelOpenDecision> OpenChannelAsync(ChannelOpenRequest request, CancellationToken cancellationToken) =>
        request is ChannelOpenRequest.DirectTcpIp forward && forward.Port == tunnelPort
            ? new ChannelOpenDecision.Accepted(new TunnelHandler(
                await TunnelConnector.ConnectAsync(new IPEndPoint(IPAddress.Loopback, tunnelPort), cancellationToken)))
            : new ChannelOpenDecision.Refused(ChannelOpenFailureReason.AdministrativelyProhibited, "not the far end");

    private static async Task AcceptAsync(SshServer server, TcpListener listener)
    {
        while (true)
        {
            var socket = await listener.AcceptSocketAsync();
            _ = server.RunAsync(socket, (IPEndPoint)socket.RemoteEndPoint!, CancellationToken.None);
        }
    }
}
