namespace Postern.Directory.Sessions;

/// <summary>A long-lived secret for tools that cannot sign in; shown once and kept as a hash.</summary>
public sealed class ApiToken
{
    /// <summary>Id, as the API shows it.</summary>
    public Guid Id { get; set; }

    /// <summary>The account it acts for.</summary>
    public Guid UserId { get; set; }

    /// <summary>Name that the person gave it.</summary>
    public required string Name { get; set; }

    /// <summary>SHA-256 of the whole token, lower-case hex.</summary>
    public required string TokenHash { get; set; }

    /// <summary>First characters of the token, so that a person can tell tokens apart.</summary>
    public required string Prefix { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it stops working, or null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>Last exchange, or null.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    /// <summary>Address of the last exchange, or null.</summary>
    public string? LastUsedAddress { get; set; }

    /// <summary>True when the account had a second factor when the token was made, so that it counts as MFA.</summary>
    public bool HadMfaAtCreation { get; set; }

    /// <summary>The only project that it reaches, or null for all of the account. No reference: a project that is gone is none.</summary>
    public string? ProjectId { get; set; }

    /// <summary>True when it may look and not change, as a viewer.</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>How much of the account's rights it has.</summary>
    public TokenScope Scope => new(ProjectId, IsReadOnly);

    /// <summary>When it was revoked, or null.</summary>
    public DateTimeOffset? RevokedAt { get; set; }
}
