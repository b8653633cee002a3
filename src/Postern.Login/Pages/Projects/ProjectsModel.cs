using Postern.Directory.Projects;
using Postern.Login.Pages.Organizations;

namespace Postern.Login.Pages.Projects;

/// <summary>The projects of an organization.</summary>
public sealed class ProjectsModel : OrganizationModel
{
    /// <summary>Those that the person has a role on, or all of them for who administers the organization.</summary>
    public required IReadOnlyList<ProjectPlace> Projects { get; init; }
}
