namespace Postern.Login.OAuth;

/// <summary>A valid authorization request: the client is known, the redirect URI is its own and the challenge is there.</summary>
internal sealed record AuthorizationRequest
{
    public required OAuthClient Client { get; init; }

    public required string RedirectUri { get; init; }

    /// <summary>The client's own value; null when it sent none.</summary>
    public required string? State { get; init; }

    public required string CodeChallenge { get; init; }

    /// <summary>What will be granted: <c>offline_access</c> or nothing. Unknown scopes are ignored (RFC 6749 section 3.3).</summary>
    public required string Scope { get; init; }

    public required Prompts Prompt { get; init; }

    /// <summary>The greatest age of the sign-in, or null when any will do (OpenID Connect Core section 3.1.2.1).</summary>
    public required TimeSpan? MaxAge { get; init; }

    /// <summary>What the sign-in must have in it, such as <c>mfa</c> and <c>sso:acme</c> (RFC 9470 section 4).</summary>
    public required IReadOnlyList<string> RequiredMethods { get; init; }
}
