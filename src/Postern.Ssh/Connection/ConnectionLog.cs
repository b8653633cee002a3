using Microsoft.Extensions.Logging;

namespace Postern.Ssh.Connection;

/// <summary>Log events of the connection protocol: 1300 to 1399.</summary>
internal static partial class ConnectionLog
{
    [LoggerMessage(1300, LogLevel.Error, "Connection {ConnectionId}: the handler failed to decide on a channel")]
    public static partial void OpenFailed(this ILogger logger, Exception exception, string connectionId);

    [LoggerMessage(1301, LogLevel.Error, "Connection {ConnectionId}, channel {Channel}: the handler failed to answer a request")]
    public static partial void RequestFailed(this ILogger logger, Exception exception, string connectionId, uint channel);

    [LoggerMessage(1302, LogLevel.Error, "Connection {ConnectionId}, channel {Channel}: the handler failed")]
    public static partial void HandlerFailed(this ILogger logger, Exception exception, string connectionId, uint channel);

    [LoggerMessage(1303, LogLevel.Error, "Connection {ConnectionId}: the handler failed to answer a global request")]
    public static partial void GlobalRequestFailed(this ILogger logger, Exception exception, string connectionId);

    [LoggerMessage(1340, LogLevel.Warning, "Connection {ConnectionId}: a channel was refused: {Reason}; more of this connection are not logged")]
    public static partial void ChannelRefused(this ILogger logger, string connectionId, string reason);
}
