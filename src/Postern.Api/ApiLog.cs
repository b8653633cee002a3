namespace Postern.Api;

/// <summary>What the API logs; EventIds from 3500.</summary>
internal static partial class ApiLog
{
    [LoggerMessage(3500, LogLevel.Error, "{Method} {Path} failed")]
    public static partial void RequestFailed(this ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(3501, LogLevel.Information, "User {UserId} added SSH key {Fingerprint}")]
    public static partial void SshKeyAdded(this ILogger logger, Guid userId, string fingerprint);

    [LoggerMessage(3502, LogLevel.Information, "User {UserId} removed SSH key {Fingerprint}")]
    public static partial void SshKeyRemoved(this ILogger logger, Guid userId, string fingerprint);
}
