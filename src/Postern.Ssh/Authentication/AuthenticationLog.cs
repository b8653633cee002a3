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
}
