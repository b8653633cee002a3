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

    [LoggerMessage(1206, LogLevel.Debug, "Connection {ConnectionId}: {Count} responses came to {Prompts} prompts")]
    public static partial void AnswersRefused(this ILogger logger, string connectionId, int count, int prompts);

    [LoggerMessage(1208, LogLevel.Debug, "Connection {ConnectionId}: {Method} was right, and more is asked for")]
    public static partial void PartlyAuthenticated(this ILogger logger, string connectionId, string method);

    [LoggerMessage(1209, LogLevel.Debug, "Connection {ConnectionId}: the questions could not be answered")]
    public static partial void QuestionsNotAnswered(this ILogger logger, Exception exception, string connectionId);
}
