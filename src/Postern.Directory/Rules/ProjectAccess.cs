using Postern.Directory.Organizations;
using Postern.Directory.Projects;

namespace Postern.Directory.Rules;

/// <summary>All that the rules need to know about one person and one project.</summary>
public sealed record ProjectAccess
{
    /// <summary>The person.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The project.</summary>
    public required string ProjectId { get; init; }

    /// <summary>The project's organization; empty where nobody asks.</summary>
    public string OrganizationId { get; init; } = "";

    /// <summary>True when the account is disabled.</summary>
    public bool IsUserDisabled { get; init; }

    /// <summary>The person's place in the project's organization, or null. The owner named by the organization counts as owner.</summary>
    public OrganizationRole? OrganizationRole { get; init; }

    /// <summary>Role on the whole project, or null.</summary>
    public ProjectRole? ProjectRole { get; init; }

    /// <summary>Role given for production, or null.</summary>
    public EnvironmentRole? ProductionRole { get; init; }

    /// <summary>Role given for staging, or null.</summary>
    public EnvironmentRole? StagingRole { get; init; }

    /// <summary>Role given for development, or null.</summary>
    public EnvironmentRole? DevelopmentRole { get; init; }

    /// <summary>Whether the person has anything to do with the project.</summary>
    public bool HasAnyRole =>
        OrganizationRole is not null || ProjectRole is not null
        || ProductionRole is not null || StagingRole is not null || DevelopmentRole is not null;

    /// <summary>True when the project or its organization is suspended.</summary>
    public bool IsSuspended { get; init; }

    /// <summary>True when the organization asks for a second factor.</summary>
    public bool RequiresMfa { get; init; }

    /// <summary>Name of the provider that the person has to sign in at, or null for none.</summary>
    public string? RequiredProvider { get; init; }

    /// <summary>True when the organization pins certificates to the address they were issued to.</summary>
    public bool PinsSourceAddress { get; init; }
}
