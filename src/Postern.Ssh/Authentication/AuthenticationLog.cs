using Microsoft.Extensions.Logging;

namespace Postern.Ssh.Authentication;

/// <summary>Log events of authentication: 1200 to 1299.</summary>
internal static partial class AuthenticationLog
{
    [LoggerMessage(1200, LogLevel.Debug, "Connection {ConnectionId}: a key was refused before it was tried")]
    public static partial void KeyRefused(this ILogger logger, Exception exception, string connectionId);

    [LoggerMessage(1201, LogLevel.Warning, "Connection {ConnectionId}: the signature does not verify ({Algorithm})")]
    public static partial void SignatureRefused(this ILogger logger, string connectionId, string algorithm);

    [LoggerMessage(1202, LogLevel.Debug, "Connection {ConnectionId}: authenticated ({Algorithm})")]
    public static partial void Authenticated(this ILogger logger, string connectionId, string algorithm);

    [LoggerMessage(1203, LogLevel.Debug, "Connection {ConnectionId}: signed in ({Algorithm})")]
    public static partial void SignedIn(this ILogger logger, string connectionId, string algorithm);

    [LoggerMessage(1204, LogLevel.Debug, "Connection {ConnectionId}: the server refused ({Algorithm}), or asks for more: {IsPartialSuccess}")]
    public static partial void AttemptRefused(this ILogger logger, string connectionId, string algorithm, bool isPartialSuccess);

    [LoggerMessage(1205, LogLevel.Error, "Connection {ConnectionId}: the host key could not be checked")]
    public static partial void HostKeyCheckFailed(this ILogger logger, Exception exception, string connectionId);
}
