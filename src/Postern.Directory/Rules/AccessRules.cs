using Postern.Directory.Organizations;
using Postern.Directory.Projects;
using Postern.Directory.SingleSignOn;

namespace Postern.Directory.Rules;

/// <summary>
/// Who may do what. Pure: everything comes in as arguments, so the gateway can ask again whenever something changed.
/// Owners and administrators of the organization, and administrators of the project, are administrators of every
/// environment; others have the role given for the type of environment, and at least that of a viewer.
/// </summary>
public static class AccessRules
{
    /// <summary>The role an app asks for when it says nothing.</summary>
    public const EnvironmentRole DefaultSshRole = EnvironmentRole.Contributor;

    /// <summary>The person's role on environments of one type, or null when they have nothing to do with the project.</summary>
    public static EnvironmentRole? RoleOn(ProjectAccess access, EnvironmentType type)
    {
        if (Administers(access))
        {
            return EnvironmentRole.Admin;
        }

        if (access.ProjectRole is null)
        {
            return null;
        }

        return type switch
        {
            EnvironmentType.Production => access.ProductionRole,
            EnvironmentType.Staging => access.StagingRole,
            _ => access.DevelopmentRole,
        } ?? EnvironmentRole.Viewer;
    }

    /// <summary>Whether the person administers the project: as one of its administrators, or of its organization's.</summary>
    public static bool Administers(ProjectAccess access) =>
        access.ProjectRole == ProjectRole.Admin || OrganizationRules.IsAdministrator(access.OrganizationRole);

    /// <summary>May the person see the project at all?</summary>
    /// <param name="access">The person and the project.</param>
    /// <param name="proof">What the sign-in proved.</param>
    public static AccessDecision DecideProject(ProjectAccess access, SignInProof proof)
    {
        var role = RoleOn(access, EnvironmentType.Development);
        return new AccessDecision(FindGeneralObstacle(access, role, proof) ?? AccessReason.Allowed, role);
    }

    /// <summary>May the person do this with the environment?</summary>
    /// <param name="action">What is wanted.</param>
    /// <param name="access">The person and the project.</param>
    /// <param name="environment">The environment.</param>
    /// <param name="proof">What the sign-in proved; plain SSH keys prove no more than who the person is.</param>
    /// <param name="sshRole">For <see cref="AccessAction.Ssh"/>: the least role, as the app or worker asks for it.</param>
    public static AccessDecision Decide(
        AccessAction action,
        ProjectAccess access,
        EnvironmentFacts environment,
        SignInProof proof,
        EnvironmentRole sshRole = DefaultSshRole)
    {
        var role = RoleOn(access, environment.Type);
        var reason = FindGeneralObstacle(access, role, proof)
            ?? FindObstacle(action, access, environment, role!.Value, sshRole)
            ?? AccessReason.Allowed;
        return new AccessDecision(reason, role);
    }

    /// <summary>The methods that a sign-in lacks, such as <c>mfa</c> and <c>sso:acme</c>; empty when it suffices.</summary>
    public static IReadOnlyList<string> MissingMethods(ProjectAccess access, SignInProof proof)
    {
        var missing = new List<string>();
        if (LacksMfa(access, proof))
        {
            missing.Add("mfa");
        }

        if (LacksSso(access, proof))
        {
            missing.Add(SsoMethod.Of(access.RequiredProvider!));
        }

        return missing;
    }

    private static AccessReason? FindGeneralObstacle(ProjectAccess access, EnvironmentRole? role, SignInProof proof)
    {
        if (access.IsUserDisabled)
        {
            return AccessReason.UserDisabled;
        }

        if (role is null)
        {
            return AccessReason.NoRole;
        }

        if (LacksSso(access, proof))
        {
            return AccessReason.SsoRequired;
        }

        return LacksMfa(access, proof) ? AccessReason.MfaRequired : null;
    }

    private static bool LacksSso(ProjectAccess access, SignInProof proof) => access.RequiredProvider is { } provider && !proof.IsBy(provider);

    private static bool LacksMfa(ProjectAccess access, SignInProof proof) => access.RequiresMfa && !proof.HasMfa;

    private static AccessReason? FindObstacle(
        AccessAction action, ProjectAccess access, EnvironmentFacts environment, EnvironmentRole role, EnvironmentRole sshRole)
    {
        // A suspended project is still shown, so that people see that it is suspended.
        if (access.IsSuspended && action != AccessAction.View)
        {
            return AccessReason.Suspended;
        }

        if (role < LeastRole(action, sshRole))
        {
            return AccessReason.RoleTooLow;
        }

        var isPossible = action switch
        {
            AccessAction.View => true,
            AccessAction.Ssh => environment.IsRunning,
            _ => environment.Status != EnvironmentStatus.Deleting,
        };
        return isPossible ? null : AccessReason.EnvironmentNotActive;
    }

    private static EnvironmentRole LeastRole(AccessAction action, EnvironmentRole sshRole) => action switch
    {
        AccessAction.View or AccessAction.Branch => EnvironmentRole.Viewer,
        AccessAction.Ssh => sshRole,
        AccessAction.Push => EnvironmentRole.Contributor,
        _ => EnvironmentRole.Admin,
    };
}
