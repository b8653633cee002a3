namespace Postern.Directory.Sessions;

/// <summary>One sign-in of a person with one client; tokens and certificates live no longer than it does.</summary>
public sealed class Session
{
    /// <summary>The <c>sid</c> claim of its tokens.</summary>
    public Guid Id { get; set; }

    /// <summary>The person.</summary>
    public Guid UserId { get; set; }

    /// <summary>OAuth client id, such as <c>postern-cli</c>.</summary>
    public required string ClientId { get; set; }

    /// <summary>How it began: <c>authorization_code</c>, <c>api_token</c>, <c>device_code</c>.</summary>
    public required string Grant { get; set; }

    /// <summary>When it began.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When a token was last asked for.</summary>
    public DateTimeOffset LastUsedAt { get; set; }

    /// <summary>Address of the last use, or null.</summary>
    public string? Address { get; set; }

    /// <summary>User agent of the last use, or null.</summary>
    public string? UserAgent { get; set; }

    /// <summary>Authentication methods (RFC 8176), separated by spaces: <c>pwd mfa</c>.</summary>
    public required string Amr { get; set; }

    /// <summary>When the person proved who they are.</summary>
    public DateTimeOffset AuthTime { get; set; }

    /// <summary>When the person last proved it again, with the strongest factor of the account, to change how they sign in; or null.</summary>
    public DateTimeOffset? ConfirmedAt { get; set; }

    /// <summary>The end, whatever happens.</summary>
    public DateTimeOffset AbsoluteExpiry { get; set; }

    /// <summary>The end when it is not used again.</summary>
    public DateTimeOffset IdleExpiry { get; set; }

    /// <summary>When it was ended early, or null.</summary>
    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>Why it was ended early, or null.</summary>
    public string? RevokedReason { get; set; }

    /// <summary>The sign-in at a provider that it came of, or null; it ends when that does.</summary>
    public Guid? SsoLoginId { get; set; }

    /// <summary>The API token it was made from, or null.</summary>
    public Guid? ApiTokenId { get; set; }

    /// <summary>True while it is neither revoked nor past one of its ends.</summary>
    public bool IsLive(DateTimeOffset now) => RevokedAt is null && now < AbsoluteExpiry && now < IdleExpiry;

    /// <summary>True when a second factor was part of the sign-in.</summary>
    public bool HasMfa => Amr.Split(' ').Contains("mfa", StringComparer.Ordinal);
}
