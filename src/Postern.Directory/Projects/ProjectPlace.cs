using Postern.Directory.Organizations;
using Postern.Directory.Rules;

namespace Postern.Directory.Projects;

/// <summary>A project and what somebody is there.</summary>
public sealed record ProjectPlace
{
    /// <summary>The project.</summary>
    public required Project Project { get; init; }

    /// <summary>Its organization.</summary>
    public required Organization Organization { get; init; }

    /// <summary>What the person has to do with it.</summary>
    public required ProjectAccess Access { get; init; }

    /// <summary>Whether the person may give and take roles on it.</summary>
    public bool IsAdministrator => AccessRules.Administers(Access);
}
