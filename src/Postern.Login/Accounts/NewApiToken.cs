namespace Postern.Login.Accounts;

/// <summary>An API token that is to be made.</summary>
public sealed record NewApiToken
{
    /// <summary>Characters of a token's name, so that lists stay readable.</summary>
    public const int LongestName = 100;

    /// <summary>The account that it acts for.</summary>
    public required Guid UserId { get; init; }

    /// <summary>What it is for.</summary>
    public required string Name { get; init; }

    /// <summary>When it stops working, or null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The only project that it reaches, or null for all of the account.</summary>
    public string? ProjectId { get; init; }

    /// <summary>Whether it may only look.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>
    /// Whether who makes it proved a second factor, so that it counts as MFA. Null for operator commands: then the account's
    /// having one decides.
    /// </summary>
    public bool? HasMfa { get; init; }

    /// <summary>Who makes it, for the audit trail: a user id, or the name of an operator command.</summary>
    public required string Actor { get; init; }

    /// <summary>The request, for the audit trail, or null.</summary>
    public string? RequestId { get; init; }
}
