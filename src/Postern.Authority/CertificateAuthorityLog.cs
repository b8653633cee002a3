using Microsoft.Extensions.Logging;

namespace Postern.Authority;

/// <summary>What the authority logs: serial, key id and fingerprints, never a certificate or a key.</summary>
internal static partial class CertificateAuthorityLog
{
    [LoggerMessage(2000, LogLevel.Information, "Authority key {KeyId} for {Purpose} created: {Fingerprint}")]
    public static partial void KeyCreated(this ILogger logger, Guid keyId, AuthorityPurpose purpose, string fingerprint);

    [LoggerMessage(2001, LogLevel.Information, "Authority key {KeyId} retired")]
    public static partial void KeyRetired(this ILogger logger, Guid keyId);

    [LoggerMessage(2002, LogLevel.Information, "User certificate {Serial} issued to {UserId} for key {Fingerprint} until {ValidBefore}")]
    public static partial void UserCertificateIssued(this ILogger logger, long serial, Guid userId, string fingerprint, DateTimeOffset validBefore);

    [LoggerMessage(2003, LogLevel.Information, "Host certificate {Serial} issued to {KeyId} for key {Fingerprint}")]
    public static partial void HostCertificateIssued(this ILogger logger, long serial, string keyId, string fingerprint);

    [LoggerMessage(2004, LogLevel.Warning, "User certificate refused to {UserId}: {Refusal}")]
    public static partial void UserCertificateRefused(this ILogger logger, Guid userId, SigningRefusal refusal);

    [LoggerMessage(2005, LogLevel.Error, "User certificate {Serial} for {UserId} could not be recorded and is not handed out")]
    public static partial void UserCertificateNotRecorded(this ILogger logger, Exception exception, long serial, Guid userId);

    [LoggerMessage(2006, LogLevel.Error, "Revocation list {Path} cannot be used, and no user certificate is signed before it can: {Fault}")]
    public static partial void RevocationListUnusable(this ILogger logger, string path, string fault);

    [LoggerMessage(2007, LogLevel.Error, "Authority key {KeyId} for {Purpose} cannot be used; the others go on")]
    public static partial void KeyUnreadable(this ILogger logger, Exception exception, Guid keyId, AuthorityPurpose purpose);
}
