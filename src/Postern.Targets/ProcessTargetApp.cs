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
        try
        {
            using var timeout = new CancellationTokenSource(config.ConnectTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            return new TunnelHandler(await TunnelConnector.ConnectAsync(destination.Address, either.Token));
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new TargetException(
                TargetFailure.ConnectFailed,
                $"{destination.Name} does not accept connections.",
                $"Connecting to {destination.Name} at {destination.Address} failed: {exception.Message}",
                exception);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IChannelHandler> OpenSocketAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            Sandbox sandbox = await instance.GetSandboxAsync(cancellationToken);
            return SandboxFiles.IsPath(path)
                ? new TunnelHandler(SandboxSocket.Connect(sandbox, path))
                : throw new IOException("it is not an absolute path");
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            throw new TargetException(
                TargetFailure.ConnectFailed,
                "The socket does not accept connections.",
                $"Connecting to a socket of the app failed: {exception.Message}",
                exception);
        }
    }

    /// <inheritdoc/>
    public ValueTask<ITargetListener> ListenAsync(int port, ForwardedChannelOpener open, CancellationToken cancellationToken)
    {
        Socket socket = LoopbackPorts.Listen(instance, config, port);
        return ValueTask.FromResult<ITargetListener>(new ForwardListener(
            socket, $"{socket.LocalEndPoint}", accepted => LoopbackPorts.IsFromApp(instance, accepted), open, socket, time, logger));
    }

    /// <inheritdoc/>
    public async ValueTask<ITargetListener> ListenAsync(
        string path, ForwardedChannelOpener open, CancellationToken cancellationToken)
    {
        try
        {
            Sandbox sandbox = await instance.GetSandboxAsync(cancellationToken);
            SandboxSocket socket = SandboxFiles.IsPath(path)
                ? SandboxSocket.Listen(sandbox, path)
                : throw new IOException("it is not an absolute path");
            return new ForwardListener(socket.Socket, $"a socket of {sandbox.Name}", _ => true, open, socket, time, logger);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            throw new TargetException(
                TargetFailure.ListenFailed,
                "The socket cannot be listened on.",
                $"Listening on a socket of the app failed: {exception.Message}",
                exception);
        }
    }
}
