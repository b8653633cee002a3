using Postern.Directory.Organizations;
using Postern.Directory.Projects;

namespace Postern.Login.Pages.Projects;

/// <summary>Who has which role on a project.</summary>
public sealed class ProjectRolesModel : PageModel
{
    /// <summary>The project, and what the person is there.</summary>
    public required ProjectPlace Place { get; init; }

    /// <summary>The person who is signed in.</summary>
    public required Guid UserId { get; init; }

    /// <summary>Everybody with roles that were given on this project.</summary>
    public required IReadOnlyList<RoleHolder> Holders { get; init; }

    /// <summary>
    /// Names of who administers the project because they administer its organization; empty for who does not belong to the
    /// organization, and so may not see its members.
    /// </summary>
    public required IReadOnlyList<string> Administrators { get; init; }

    /// <summary>Who else of the organization can be given roles, as the form takes them; empty for the same people.</summary>
    public required IReadOnlyList<string> Candidates { get; init; }

    /// <summary>Whom the form named before.</summary>
    public string Who { get; init; } = "";

    /// <summary>What was just done, or null.</summary>
    public string? Notice { get; init; }

    /// <summary>Why it was not done, or null.</summary>
    public string? Error { get; init; }

    /// <summary>Whether that is about the form for somebody new.</summary>
    public bool IsErrorOfForm { get; init; }

    /// <summary>What the form and the lists call somebody: the address, or the user name of a machine.</summary>
    public static string NameOf(OrganizationPerson person, Organization organization) =>
        person.IsMachine ? MachineUser.UserName(person.DisplayName, organization.Name) : person.Email ?? person.UserId.ToString();
}
