using Microsoft.Extensions.Logging;
using Postern.Ssh.Server;

namespace Postern.Ssh.Transport;

/// <summary>Log events of the transport layer: 1100 to 1199.</summary>
internal static partial class TransportLog
{
    [LoggerMessage(1100, LogLevel.Debug, "Connection {ConnectionId} from {RemoteEndPoint} began")]
    public static partial void ConnectionBegan(this ILogger logger, string connectionId, System.Net.IPEndPoint remoteEndPoint);

    [LoggerMessage(1101, LogLevel.Debug, "Connection {ConnectionId} ended: {End}, {Reason}")]
    public static partial void ConnectionEnded(this ILogger logger, string connectionId, ConnectionEnd end, string reason);

    [LoggerMessage(1102, LogLevel.Warning, "Connection {ConnectionId} broke the protocol: {Reason}")]
    public static partial void ProtocolBroken(this ILogger logger, string connectionId, string reason);

    [LoggerMessage(1103, LogLevel.Error, "Connection {ConnectionId} failed inside")]
    public static partial void ConnectionFailed(this ILogger logger, Exception exception, string connectionId);

    [LoggerMessage(1104, LogLevel.Debug, "Connection {ConnectionId}: new keys")]
    public static partial void KeysChanged(this ILogger logger, string connectionId);

    [LoggerMessage(1141, LogLevel.Information, "Connection {ConnectionId} reached the limit of its {Limit}; more of this connection are not logged")]
    public static partial void LimitReached(this ILogger logger, string connectionId, string limit);

    [LoggerMessage(1140, LogLevel.Warning, "Connection {ConnectionId} is ended: it held {Held} bytes, more than any other, when the memory budget of {Limit} bytes was spent")]
    public static partial void EndedForMemory(this ILogger logger, string connectionId, long held, long limit);
}
