using Postern.Directory.Projects;
using Postern.Directory.Rules;

namespace Postern.Login.Pages.Projects;

/// <summary>Puts roles on a project into words.</summary>
internal static class RoleText
{
    public const string Administrator = "Everything, on all environments";

    /// <summary>The role on each type of environment, with what the project adds.</summary>
    public static string OnTypes(ProjectMember member) => OnTypes(member.ProductionRole, member.StagingRole, member.DevelopmentRole);

    public static string OnTypes(ProjectAccess access) => OnTypes(access.ProductionRole, access.StagingRole, access.DevelopmentRole);

    public static string Name(EnvironmentRole role) => role switch
    {
        EnvironmentRole.Admin => "administrator",
        EnvironmentRole.Contributor => "contributor",
        _ => "viewer",
    };

    // Who is on a project is at least a viewer of all of it (AccessRules.RoleOn).
    private static string OnTypes(EnvironmentRole? production, EnvironmentRole? staging, EnvironmentRole? development) =>
        $"Production: {Name(production ?? EnvironmentRole.Viewer)} · staging: {Name(staging ?? EnvironmentRole.Viewer)}"
        + $" · development: {Name(development ?? EnvironmentRole.Viewer)}";
}
