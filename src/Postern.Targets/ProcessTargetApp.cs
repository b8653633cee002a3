using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Connection;
using Postern.Targets.Interop;
using Postern.Targets.Sandboxes;
using Postern.Targets.Sessions;
using Postern.Targets.Tunnels;

namespace Postern.Targets;

/// <summary>An app instance in a sandbox on this machine.</summary>
internal sealed class ProcessTargetApp(
    AppInstance instance, ProcessTargetConfig config, DescriptorPoller poller, TimeProvider time, ILogger logger)
    : ITargetApp
{
    /// <inheritdoc/>
    public IChannelHandler OpenSession(SessionContext context)
        => new SessionHandler(
            context, poller, time, config.BackgroundOutputGrace, instance.GetSandboxAsync, logger);

    /// <inheritdoc/>
    public TunnelDestination? ResolveDestination(string host, int port)
        => TunnelDestinations.Resolve(instance, host, port);

    /// <inheritdoc/>
    public async ValueTask<IChannelHandler> OpenTunnelAsync(
        TunnelDestination destination, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            using var timeout = new CancellationTokenSource(config.ConnectTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            await socket.ConnectAsync(destination.Address, either.Token);
            return new TunnelHandler(socket);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw new TargetException(
                TargetFailure.ConnectFailed,
                $"{destination.Name} does not accept connections.",
                $"Connecting to {destination.Name} at {destination.Address} failed: {exception.Message}",
                exception);
        }
    }
}
