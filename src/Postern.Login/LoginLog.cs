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

    [LoggerMessage(3005, LogLevel.Warning, "Signing in to account {UserId} is locked until {Until} after too many wrong passwords, the last from {Address}; browsers that signed in to it before are counted by themselves")]
    public static partial void SignInLocked(this ILogger log, Guid? userId, DateTimeOffset until, string? address);

    [LoggerMessage(3006, LogLevel.Warning, "Too many sign-in attempts from {Address}")]
    public static partial void TooManyAttempts(this ILogger log, string? address);

    [LoggerMessage(3007, LogLevel.Information, "User {UserId} allowed client {ClientId} to sign in")]
    public static partial void ConsentGiven(this ILogger log, Guid userId, string clientId);

    [LoggerMessage(3008, LogLevel.Information, "User {UserId} refused client {ClientId}")]
    public static partial void ConsentRefused(this ILogger log, Guid userId, string clientId);

    [LoggerMessage(3020, LogLevel.Warning, "Second factor of user {UserId} refused from {Address}: {Reason}")]
    public static partial void FactorRefused(this ILogger log, Guid userId, string? address, string reason);

    [LoggerMessage(3021, LogLevel.Warning, "Passkey refused for user {UserId}: {Reason}")]
    public static partial void PasskeyRefused(this ILogger log, Guid? userId, string reason);

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

    [LoggerMessage(3030, LogLevel.Warning, "Provider {Provider} does not serve: {Reason}")]
    public static partial void ProviderFailed(this ILogger log, string provider, string reason, Exception? exception);

    [LoggerMessage(3031, LogLevel.Warning, "What {Issuer} said before is used on, for it cannot be asked again: {Reason}")]
    public static partial void ProviderDocumentKept(this ILogger log, string issuer, string reason);

    [LoggerMessage(3032, LogLevel.Warning, "Subject {Subject} of provider {Provider} was not let in")]
    public static partial void SsoRefused(this ILogger log, string provider, string subject);

    [LoggerMessage(3033, LogLevel.Information, "Account {UserId} is linked to provider {Provider}")]
    public static partial void SsoLinked(this ILogger log, Guid userId, string provider);

    [LoggerMessage(3034, LogLevel.Information, "Provider {Provider} no longer knows the sign-in of user {UserId} ({Code}); it ends")]
    public static partial void SsoLoginRefused(this ILogger log, Guid userId, string provider, string code);

    [LoggerMessage(3035, LogLevel.Warning, "Provider {Provider} could not be asked about user {UserId}: {Reason}")]
    public static partial void SsoLoginUnanswered(this ILogger log, Guid userId, string provider, string reason);

    [LoggerMessage(3036, LogLevel.Error, "Asking providers about sign-ins failed; it is tried again at the next turn")]
    public static partial void SsoWatchFailed(this ILogger log, Exception exception);

    [LoggerMessage(3022, LogLevel.Error, "Request {RequestId} failed at {Route}")]
    public static partial void RequestFailed(this ILogger log, string requestId, string route, Exception exception);

    [LoggerMessage(3023, LogLevel.Error, "Request {RequestId} could not be told that it failed")]
    public static partial void FaultAnswerFailed(this ILogger log, string requestId, Exception exception);

    [LoggerMessage(3050, LogLevel.Information, "Mail {MailId} ({Kind}) was handed to the mail server")]
    public static partial void MailSent(this ILogger log, Guid mailId, string kind);

    [LoggerMessage(3051, LogLevel.Warning, "Mail {MailId} ({Kind}) could not be sent; it is tried again in {Wait}")]
    public static partial void MailFailed(this ILogger log, Guid mailId, string kind, TimeSpan wait, Exception exception);

    [LoggerMessage(3052, LogLevel.Warning, "The mail server refuses mail {MailId} ({Kind}) for good; it is not tried again")]
    public static partial void MailRefused(this ILogger log, Guid mailId, string kind, Exception exception);

    [LoggerMessage(3053, LogLevel.Warning, "Mail {MailId} ({Kind}) is given up after {Attempts} tries: what it says is no longer good")]
    public static partial void MailGivenUp(this ILogger log, Guid mailId, string kind, int attempts);

    [LoggerMessage(3054, LogLevel.Error, "The queue of mails cannot be read; it is tried again soon")]
    public static partial void MailQueueFailed(this ILogger log, Exception exception);

    [LoggerMessage(3055, LogLevel.Error, "The file of leaked passwords cannot be read; no password can be set until it can")]
    public static partial void BreachedPasswordsUnreadable(this ILogger log, Exception exception);

    [LoggerMessage(3056, LogLevel.Information, "Account {UserId} was made ({How})")]
    public static partial void AccountMade(this ILogger log, Guid userId, string how);

    [LoggerMessage(3057, LogLevel.Information, "Account {UserId} was closed ({How})")]
    public static partial void AccountClosed(this ILogger log, Guid userId, string how);

    [LoggerMessage(3058, LogLevel.Information, "The password of account {UserId} was set ({How})")]
    public static partial void PasswordSet(this ILogger log, Guid userId, string how);

    [LoggerMessage(3060, LogLevel.Warning, "Session {SessionId} is refreshed too often, lately from {Address}; it has to wait")]
    public static partial void RefreshTooOften(this ILogger log, Guid sessionId, string? address);

    [LoggerMessage(3059, LogLevel.Warning, "A wrong setup code came from {Address}")]
    public static partial void WrongSetupCode(this ILogger log, string? address);
}
