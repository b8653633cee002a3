namespace Postern.Directory.Organizations;

/// <summary>A person's place in an organization.</summary>
public sealed class OrganizationMember
{
    /// <summary>The organization.</summary>
    public required string OrganizationId { get; set; }

    /// <summary>The person.</summary>
    public Guid UserId { get; set; }

    /// <summary>What the person is there.</summary>
    public OrganizationRole Role { get; set; }

    /// <summary>True when the organization lets them sign in without its provider, though their domain is captured.</summary>
    public bool IsSsoExempt { get; set; }

    /// <summary>When the person joined.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When the role last changed.</summary>
    public DateTimeOffset UpdatedAt { get; set; }
}
