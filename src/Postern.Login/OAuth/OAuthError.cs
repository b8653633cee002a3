namespace Postern.Login.OAuth;

/// <summary>A "no" in the words of OAuth 2.0.</summary>
/// <param name="Code">One of <see cref="OAuthErrorCode"/>.</param>
/// <param name="Description">One sentence for people: what was wrong and what to do. Never holds a secret.</param>
internal sealed record OAuthError(string Code, string Description)
{
    public static OAuthError InvalidRequest(string description) => new(OAuthErrorCode.InvalidRequest, description);

    public static OAuthError InvalidGrant(string description) => new(OAuthErrorCode.InvalidGrant, description);
}
