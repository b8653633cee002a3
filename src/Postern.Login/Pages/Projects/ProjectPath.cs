namespace Postern.Login.Pages.Projects;

/// <summary>Addresses of the pages of one project.</summary>
internal static class ProjectPath
{
    public static string Roles(string id) => $"{LoginPaths.Account}/projects/{id}";

    public static string NewRoles(string id) => $"{Roles(id)}/roles";

    public static string RolesOf(string id, Guid userId) => $"{NewRoles(id)}/{userId}";
}
