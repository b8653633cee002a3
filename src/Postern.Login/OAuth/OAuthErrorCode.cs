namespace Postern.Login.OAuth;

/// <summary>The error codes of OAuth 2.0 that this server sends (RFC 6749 sections 4.1.2.1 and 5.2, OpenID Connect Core 3.1.2.6, RFC 8628 section 3.5, RFC 9470).</summary>
internal static class OAuthErrorCode
{
    public const string InvalidRequest = "invalid_request";
    public const string InvalidClient = "invalid_client";
    public const string InvalidGrant = "invalid_grant";
    public const string UnauthorizedClient = "unauthorized_client";
    public const string UnsupportedGrantType = "unsupported_grant_type";
    public const string UnsupportedResponseType = "unsupported_response_type";
    public const string AccessDenied = "access_denied";
    public const string AuthorizationPending = "authorization_pending";
    public const string SlowDown = "slow_down";
    public const string ExpiredToken = "expired_token";
    public const string LoginRequired = "login_required";
    public const string ConsentRequired = "consent_required";
    public const string UnmetRequirements = "unmet_authentication_requirements";
}
