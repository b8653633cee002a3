namespace Postern.Login.OAuth;

/// <summary>The scopes that exist here; any other is ignored (RFC 6749 section 3.3).</summary>
internal static class OAuthScopes
{
    /// <summary>Asks for a refresh token (OpenID Connect Core section 11).</summary>
    public const string OfflineAccess = "offline_access";
}
