namespace Postern.Login;

/// <summary>What this room logs; never passwords, tokens, codes or e-mail addresses typed by strangers.</summary>
internal static partial class LoginLog
{
    [LoggerMessage(3000, LogLevel.Information, "Session {SessionId} of user {UserId} began for client {ClientId} by {Grant}")]
    public static partial void SessionBegan(this ILogger log, Guid sessionId, Guid userId, string clientId, string grant);

    [LoggerMessage(3001, LogLevel.Information, "Session {SessionId} of user {UserId} ended: {Reason}")]
    public static partial void SessionEnded(this ILogger log, Guid sessionId, Guid userId, string reason);

    [LoggerMessage(3002, LogLevel.Warning, "Authorization code of session {SessionId} was used a second time from {Address}; the session is ended")]
    public static partial void CodeReused(this ILogger log, Guid? sessionId, string? address);

    [LoggerMessage(3003, LogLevel.Warning, "A used refresh token of session {SessionId} came back from {Address} after the grace; the session is ended")]
    public static partial void RefreshTokenReused(this ILogger log, Guid sessionId, string? address);

    [LoggerMessage(3004, LogLevel.Warning, "Sign-in refused for user {UserId} from {Address}: {Reason}")]
    public static partial void SignInRefused(this ILogger log, Guid? userId, string? address, string reason);

    [LoggerMessage(3005, LogLevel.Warning, "Account {UserId} is locked until {Until} after too many wrong passwords, the last from {Address}")]
    public static partial void AccountLocked(this ILogger log, Guid userId, DateTimeOffset until, string? address);

    [LoggerMessage(3006, LogLevel.Warning, "Too many sign-in attempts from {Address}")]
    public static partial void TooManyAttempts(this ILogger log, string? address);

    [LoggerMessage(3007, LogLevel.Information, "User {UserId} allowed client {ClientId} to sign in")]
    public static partial void ConsentGiven(this ILogger log, Guid userId, string clientId);

    [LoggerMessage(3008, LogLevel.Information, "User {UserId} refused client {ClientId}")]
    public static partial void ConsentRefused(this ILogger log, Guid userId, string clientId);

    [LoggerMessage(3010, LogLevel.Information, "Removed {Codes} codes and {Sessions} sessions that ended long ago")]
    public static partial void Swept(this ILogger log, int codes, int sessions);

    [LoggerMessage(3012, LogLevel.Information, "User {UserId} allowed a device of {Requester} at {Address}")]
    public static partial void DeviceAllowed(this ILogger log, Guid userId, string requester, string? address);

    [LoggerMessage(3013, LogLevel.Information, "User {UserId} denied a device of {Requester} at {Address}")]
    public static partial void DeviceDenied(this ILogger log, Guid userId, string requester, string? address);

    [LoggerMessage(3014, LogLevel.Warning, "Device code of session {SessionId} was used a second time from {Address}; the session is ended")]
    public static partial void DeviceCodeReused(this ILogger log, Guid? sessionId, string? address);

    [LoggerMessage(3015, LogLevel.Warning, "Too many device sign-ins were begun from {Address}")]
    public static partial void TooManyDeviceRequests(this ILogger log, string? address);

    [LoggerMessage(3016, LogLevel.Warning, "User {UserId} at {Address} tried too many device codes")]
    public static partial void TooManyUserCodes(this ILogger log, Guid userId, string? address);

    [LoggerMessage(3017, LogLevel.Warning, "Introspection without the right secret was asked for from {Address}")]
    public static partial void IntrospectionRefused(this ILogger log, string? address);

    [LoggerMessage(3011, LogLevel.Error, "Removing old codes and sessions failed; it is tried again at the next turn")]
    public static partial void SweepFailed(this ILogger log, Exception exception);
}
