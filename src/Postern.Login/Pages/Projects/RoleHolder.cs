using Postern.Directory.Organizations;
using Postern.Directory.Projects;

namespace Postern.Login.Pages.Projects;

/// <summary>Somebody with roles that were given on a project.</summary>
/// <param name="Person">Who.</param>
/// <param name="Member">Their roles.</param>
public sealed record RoleHolder(OrganizationPerson Person, ProjectMember Member);
