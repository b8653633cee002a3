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
}
