namespace Postern.Login.Pages.Organizations;

/// <summary>Addresses of the pages of one organization.</summary>
internal static class OrganizationPath
{
    public static string Members(string id) => $"{LoginPaths.Organizations}/{id}";

    public static string Projects(string id) => $"{Members(id)}/projects";

    public static string Security(string id) => $"{Members(id)}/security";

    public static string RequireMfa(string id) => $"{Security(id)}/require";

    public static string Sso(string id) => $"{Members(id)}/sso";

    public static string NewProvider(string id) => $"{Sso(id)}/new";

    public static string Provider(string id, string name) => $"{Sso(id)}/providers/{name}";

    public static string Machines(string id) => $"{Members(id)}/machines";

    public static string MachineTokens(string id, Guid userId) => $"{Machines(id)}/{userId}/tokens";

    public static string Member(string id, Guid userId) => $"{Members(id)}/members/{userId}";
}
