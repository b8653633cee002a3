using System.Net;
using Postern.Ssh.Connection;

namespace Postern.Targets;

/// <summary>
/// Opens a channel to the person for a connection that something in the app made. The handler is told of the open
/// channel, or that it is over, before the result is there.
/// </summary>
/// <param name="handler">Serves the connection.</param>
/// <param name="originator">Who connected, or null for a Unix socket.</param>
/// <param name="cancellationToken">Gives it up.</param>
public delegate Task<ChannelOpenResult> ForwardedChannelOpener(
    IChannelHandler handler, IPEndPoint? originator, CancellationToken cancellationToken);
