using Postern.Ssh.Connection;

namespace Postern.Targets;

/// <summary>An app instance that sessions and tunnels can be opened to. Safe to call from any thread.</summary>
public interface ITargetApp
{
    /// <summary>A handler for one session channel; nothing runs before the peer asks for a shell, command or subsystem.</summary>
    IChannelHandler OpenSession(SessionContext context);

    /// <summary>
    /// The destination that <paramref name="host"/> and <paramref name="port"/> name for this app, or null when the
    /// app has no relationship to it. Nothing is looked up in DNS, and only the documented spelling is accepted.
    /// </summary>
    TunnelDestination? ResolveDestination(string host, int port);

    /// <summary>Connects to a destination, so that the channel can be refused when there is no connection.</summary>
    /// <exception cref="TargetException">The destination did not answer (<see cref="TargetFailure.ConnectFailed"/>).</exception>
    ValueTask<IChannelHandler> OpenTunnelAsync(TunnelDestination destination, CancellationToken cancellationToken);

    /// <summary>Connects to a Unix socket inside the app, with no rights but the app's own.</summary>
    /// <param name="path">An absolute path as the app sees it; nothing in it leads out of the app.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TargetException">There is none, or it did not answer (<see cref="TargetFailure.ConnectFailed"/>).</exception>
    ValueTask<IChannelHandler> OpenSocketAsync(string path, CancellationToken cancellationToken);

    /// <summary>Listens on the app's loopback address for connections that the app makes.</summary>
    /// <param name="port">The port, or 0 for any that is free.</param>
    /// <param name="open">Opens a channel for each connection.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TargetException">The port is not the app's to take, or taken (<see cref="TargetFailure.ListenFailed"/>).</exception>
    ValueTask<ITargetListener> ListenAsync(int port, ForwardedChannelOpener open, CancellationToken cancellationToken);

    /// <summary>Listens on a Unix socket inside the app, which is the app's own and which nobody else may use.</summary>
    /// <param name="path">An absolute path as the app sees it; a stale socket of the app there is replaced.</param>
    /// <param name="open">Opens a channel for each connection.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TargetException">It cannot be there (<see cref="TargetFailure.ListenFailed"/>).</exception>
    ValueTask<ITargetListener> ListenAsync(string path, ForwardedChannelOpener open, CancellationToken cancellationToken);
}
