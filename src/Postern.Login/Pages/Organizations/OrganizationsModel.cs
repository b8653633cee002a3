using Postern.Directory.Organizations;
using Postern.Directory.Projects;

namespace Postern.Login.Pages.Organizations;

/// <summary>The organizations that a person belongs to.</summary>
public sealed class OrganizationsModel : PageModel
{
    /// <summary>The organizations, and what the person is there.</summary>
    public required IReadOnlyList<OrganizationPlace> Places { get; init; }

    /// <summary>The projects that the person was given roles on.</summary>
    public required IReadOnlyList<ProjectPlace> Projects { get; init; }

    /// <summary>What was just done, or null.</summary>
    public string? Notice { get; init; }
}
