namespace Postern.Directory.Organizations;

/// <summary>Somebody who can reach something of an organization.</summary>
public sealed record OrganizationPerson
{
    /// <summary>The account.</summary>
    public required Guid UserId { get; init; }

    /// <summary>Name for people.</summary>
    public required string DisplayName { get; init; }

    /// <summary>The address, or null for a machine.</summary>
    public string? Email { get; init; }

    /// <summary>Whether somebody proved, or vouched, that the address is theirs; a machine has none.</summary>
    public bool IsEmailConfirmed { get; init; }

    /// <summary>What they are in the organization; null for who only has a role on one of its projects.</summary>
    public OrganizationRole? Role { get; init; }

    /// <summary>Whether the account has a second factor.</summary>
    public bool HasMfa { get; init; }

    /// <summary>Whether the organization lets them sign in without its provider.</summary>
    public bool IsSsoExempt { get; init; }

    /// <summary>Whether the account is disabled.</summary>
    public bool IsDisabled { get; init; }

    /// <summary>Whether the account is a machine's.</summary>
    public bool IsMachine { get; init; }

    /// <summary>Name of who made the machine's account, or null.</summary>
    public string? MadeBy { get; init; }

    /// <summary>When they joined, or got their first role on a project.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>When what they are last changed.</summary>
    public DateTimeOffset UpdatedAt { get; init; }
}
