namespace Postern.Directory.Sessions;

/// <summary>A code of RFC 6749 section 4.1.2, kept as a hash and used once.</summary>
public sealed class AuthorizationCode
{
    /// <summary>SHA-256 of the code, lower-case hex.</summary>
    public required string CodeHash { get; set; }

    /// <summary>The person who consented.</summary>
    public Guid UserId { get; set; }

    /// <summary>The session made from it, so that a second use can end that session; null until it is used.</summary>
    public Guid? SessionId { get; set; }

    /// <summary>The client it was given to.</summary>
    public required string ClientId { get; set; }

    /// <summary>The redirect URI of the request, which the token request must repeat.</summary>
    public required string RedirectUri { get; set; }

    /// <summary>PKCE challenge, method S256 (RFC 7636).</summary>
    public required string CodeChallenge { get; set; }

    /// <summary>Granted scope.</summary>
    public required string Scope { get; set; }

    /// <summary>Authentication methods of the sign-in, separated by spaces.</summary>
    public required string Amr { get; set; }

    /// <summary>When the person proved who they are.</summary>
    public DateTimeOffset AuthTime { get; set; }

    /// <summary>The sign-in at a provider that it came of, or null.</summary>
    public Guid? SsoLoginId { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it stops working.</summary>
    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>When it was exchanged, or null.</summary>
    public DateTimeOffset? UsedAt { get; set; }
}
