namespace Postern.Directory.Sessions;

/// <summary>A refresh token, kept as a hash; each is used once and replaced by the next.</summary>
public sealed class RefreshToken
{
    /// <summary>SHA-256 of the token, lower-case hex.</summary>
    public required string TokenHash { get; set; }

    /// <summary>The session it keeps alive.</summary>
    public Guid SessionId { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it stops working.</summary>
    public DateTimeOffset ExpiresAt { get; set; }

    /// <summary>When it was exchanged, or null.</summary>
    public DateTimeOffset? UsedAt { get; set; }

    /// <summary>Hash of the token it was exchanged for, or null.</summary>
    public string? ReplacedByHash { get; set; }

    /// <summary>With the token itself, gives its successor again while a lost answer may be repeated; null before and after.</summary>
    public byte[]? SuccessorSalt { get; set; }
}
