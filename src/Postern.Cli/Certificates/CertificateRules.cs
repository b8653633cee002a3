using System.Text.Json.Nodes;
using Postern.Cli.Sessions;

namespace Postern.Cli.Certificates;

/// <summary>Whether a certificate may be used as it is.</summary>
internal static class CertificateRules
{
    /// <summary>A certificate counts as expired this long before its end, so that a slow connection still gets in.</summary>
    public static readonly TimeSpan ExpiryBuffer = TimeSpan.FromSeconds(120);

    public static bool IsValid(OpenSshCertificate certificate, DateTimeOffset now, string userId, AccessTokenClaims? claims) =>
        !IsExpired(certificate, now) && certificate.KeyId == userId && !Conflicts(certificate, claims);

    public static bool IsExpired(OpenSshCertificate certificate, DateTimeOffset now) => certificate.ValidBefore - ExpiryBuffer <= now;

    /// <summary>True when the token says something else than the certificate does.</summary>
    public static bool Conflicts(OpenSshCertificate certificate, AccessTokenClaims? claims)
    {
        if (claims is null)
        {
            return false;
        }

        var accessId = certificate.Extension("access-id");
        var access = certificate.JsonExtension("access");
        var tokenClaims = certificate.TokenClaims;
        if (accessId is null && access is null && tokenClaims is null)
        {
            return false;
        }

        if ((accessId is not null && accessId != claims.AccessId)
            || (access is not null && !JsonNode.DeepEquals(access, claims.Access)))
        {
            return true;
        }

        var current = claims.ForCertificate;
        if (tokenClaims is not null && tokenClaims.Any(c => !JsonNode.DeepEquals(c.Value, current[c.Key])))
        {
            return true;
        }

        // With more than a password, a certificate belongs to one token.
        return certificate.Extension("token-id") is { } tokenId && claims.Methods is not ["pwd"] && tokenId != claims.TokenId;
    }
}
