namespace Postern.Directory.Organizations;

/// <summary>An organization and what somebody is there.</summary>
public sealed record OrganizationPlace
{
    /// <summary>The organization.</summary>
    public required Organization Organization { get; init; }

    /// <summary>What they are.</summary>
    public required OrganizationRole Role { get; init; }
}
