using Postern.Directory.Organizations;
using Postern.Directory.Projects;
using Postern.Directory.Rules;

namespace Postern.Directory.Tests.Rules;

public class AccessRulesTests
{
    private static readonly EnvironmentFacts Running = new(EnvironmentType.Development, EnvironmentStatus.Active, IsDeployed: true);

    private static ProjectAccess Nobody => new() { UserId = Guid.Empty, ProjectId = "abcdefghijklm" };

    // The table of roles, as documented: view, ssh, push, force push, branch, settings.
    [Theory]
    [InlineData(EnvironmentRole.Admin, "yes yes yes yes yes yes")]
    [InlineData(EnvironmentRole.Contributor, "yes yes yes no yes no")]
    [InlineData(EnvironmentRole.Viewer, "yes no no no yes no")]
    public void Role_OnTheEnvironmentType_AllowsItsRow(EnvironmentRole role, string row)
    {
        foreach (var type in Enum.GetValues<EnvironmentType>())
        {
            var access = WithRoleOn(type, role);
            var environment = Running with { Type = type };
            Assert.Equal(row, Row(access, environment));
        }
    }

    [Theory]
    [InlineData(EnvironmentType.Production)]
    [InlineData(EnvironmentType.Staging)]
    [InlineData(EnvironmentType.Development)]
    public void Role_OnAnotherType_IsOnlyAViewersHere(EnvironmentType type)
    {
        foreach (var other in Enum.GetValues<EnvironmentType>().Where(t => t != type))
        {
            Assert.Equal("yes no no no yes no", Row(WithRoleOn(other, EnvironmentRole.Admin), Running with { Type = type }));
        }
    }

    [Theory]
    [InlineData(OrganizationRole.Owner, null, "yes yes yes yes yes yes")]
    [InlineData(OrganizationRole.Admin, null, "yes yes yes yes yes yes")]
    [InlineData(OrganizationRole.Member, null, "no no no no no no")]
    [InlineData(OrganizationRole.Member, ProjectRole.Admin, "yes yes yes yes yes yes")]
    [InlineData(OrganizationRole.Member, ProjectRole.Viewer, "yes no no no yes no")]
    [InlineData(null, ProjectRole.Admin, "yes yes yes yes yes yes")]
    [InlineData(null, ProjectRole.Viewer, "yes no no no yes no")]
    [InlineData(null, null, "no no no no no no")]
    public void RolesAbove_DecideOnEveryType(OrganizationRole? organization, ProjectRole? project, string row)
    {
        var access = Nobody with { OrganizationRole = organization, ProjectRole = project };
        foreach (var type in Enum.GetValues<EnvironmentType>())
        {
            Assert.Equal(row, Row(access, Running with { Type = type }));
        }
    }

    [Theory]
    [InlineData("viewer", EnvironmentRole.Viewer, true)]
    [InlineData("viewer", EnvironmentRole.Contributor, true)]
    [InlineData("contributor", EnvironmentRole.Viewer, false)]
    [InlineData("contributor", EnvironmentRole.Contributor, true)]
    [InlineData("contributor", EnvironmentRole.Admin, true)]
    [InlineData("admin", EnvironmentRole.Contributor, false)]
    [InlineData("admin", EnvironmentRole.Admin, true)]
    [InlineData("Viewer", EnvironmentRole.Contributor, false)]
    [InlineData("", EnvironmentRole.Contributor, false)]
    [InlineData("everyone", EnvironmentRole.Admin, true)]
    public void SshAccess_OfTheApp_IsTheLeastRole(string asked, EnvironmentRole role, bool isAllowed)
    {
        var access = WithRoleOn(EnvironmentType.Development, role);
        var decision = AccessRules.Decide(AccessAction.Ssh, access, Running, SignInProof.None, SshAccess.LeastRole(asked));
        Assert.Equal(isAllowed ? AccessReason.Allowed : AccessReason.RoleTooLow, decision.Reason);
        Assert.Equal(role, decision.Role);
    }

    [Theory]
    [InlineData(EnvironmentStatus.Active, true, true)]
    [InlineData(EnvironmentStatus.Dirty, true, true)]
    [InlineData(EnvironmentStatus.Inactive, true, false)]
    [InlineData(EnvironmentStatus.Paused, true, false)]
    [InlineData(EnvironmentStatus.Deleting, true, false)]
    [InlineData(EnvironmentStatus.Active, false, false)]
    [InlineData(EnvironmentStatus.Dirty, false, false)]
    public void Ssh_NeedsARunningEnvironment(EnvironmentStatus status, bool isDeployed, bool isAllowed)
    {
        var admin = Nobody with { ProjectRole = ProjectRole.Admin };
        var environment = new EnvironmentFacts(EnvironmentType.Production, status, isDeployed);
        Assert.Equal(
            isAllowed ? AccessReason.Allowed : AccessReason.EnvironmentNotActive,
            AccessRules.Decide(AccessAction.Ssh, admin, environment, SignInProof.None).Reason);
        Assert.True(AccessRules.Decide(AccessAction.View, admin, environment, SignInProof.None).IsAllowed);
        Assert.Equal(
            status != EnvironmentStatus.Deleting,
            AccessRules.Decide(AccessAction.Push, admin, environment, SignInProof.None).IsAllowed);
    }

    [Fact]
    public void Suspension_ClosesEverythingButTheView()
    {
        var access = Nobody with { OrganizationRole = OrganizationRole.Owner, IsSuspended = true };
        foreach (var action in Enum.GetValues<AccessAction>())
        {
            Assert.Equal(
                action == AccessAction.View ? AccessReason.Allowed : AccessReason.Suspended,
                AccessRules.Decide(action, access, Running, new SignInProof { HasMfa = true }).Reason);
        }

        Assert.True(AccessRules.DecideProject(access, SignInProof.None).IsAllowed);
    }

    [Fact]
    public void RequiredProvider_IsAskedForByEveryAction_UnlessTheSignInCameFromThere()
    {
        var access = Nobody with { ProjectRole = ProjectRole.Admin, RequiresMfa = true, RequiredProvider = "acme" };
        foreach (var action in Enum.GetValues<AccessAction>())
        {
            foreach (var amr in new[] { "", "pwd mfa", "sso:other mfa", "sso:acmes mfa", "acme mfa" })
            {
                Assert.Equal(AccessReason.SsoRequired, AccessRules.Decide(action, access, Running, SignInProof.Of(amr)).Reason);
            }

            Assert.Equal(AccessReason.MfaRequired, AccessRules.Decide(action, access, Running, SignInProof.Of("sso:acme")).Reason);
            Assert.Equal(AccessReason.Allowed, AccessRules.Decide(action, access, Running, SignInProof.Of("sso:acme mfa")).Reason);
        }

        Assert.Equal(["mfa", "sso:acme"], AccessRules.MissingMethods(access, SignInProof.Of("pwd")));
        Assert.Empty(AccessRules.MissingMethods(access, SignInProof.Of("mfa sso:acme")));
        Assert.Equal(AccessReason.NoRole, AccessRules.Decide(AccessAction.Ssh, access with { ProjectRole = null }, Running, SignInProof.None).Reason);
    }

    [Fact]
    public void RequiredMfa_IsAskedForByEveryAction_UnlessTheSignInHadIt()
    {
        var access = Nobody with { ProjectRole = ProjectRole.Admin, RequiresMfa = true };
        foreach (var action in Enum.GetValues<AccessAction>())
        {
            Assert.Equal(AccessReason.MfaRequired, AccessRules.Decide(action, access, Running, SignInProof.None).Reason);
            Assert.Equal(AccessReason.Allowed, AccessRules.Decide(action, access, Running, new SignInProof { HasMfa = true }).Reason);
        }

        Assert.Equal(AccessReason.MfaRequired, AccessRules.DecideProject(access, SignInProof.None).Reason);
    }

    [Fact]
    public void Stranger_LearnsNothing()
    {
        var access = Nobody with { RequiresMfa = true, IsSuspended = true };
        foreach (var action in Enum.GetValues<AccessAction>())
        {
            Assert.Equal(AccessReason.NoRole, AccessRules.Decide(action, access, default, SignInProof.None).Reason);
        }
    }

    [Fact]
    public void DisabledUser_MayNothing()
    {
        var access = Nobody with { OrganizationRole = OrganizationRole.Owner, ProjectRole = ProjectRole.Admin, IsUserDisabled = true };
        foreach (var action in Enum.GetValues<AccessAction>())
        {
            Assert.Equal(AccessReason.UserDisabled, AccessRules.Decide(action, access, Running, new SignInProof { HasMfa = true }).Reason);
        }
    }

    private static ProjectAccess WithRoleOn(EnvironmentType type, EnvironmentRole role) => Nobody with
    {
        ProjectRole = ProjectRole.Viewer,
        ProductionRole = type == EnvironmentType.Production ? role : null,
        StagingRole = type == EnvironmentType.Staging ? role : null,
        DevelopmentRole = type == EnvironmentType.Development ? role : null,
    };

    private static string Row(ProjectAccess access, EnvironmentFacts environment) => string.Join(' ', Enum.GetValues<AccessAction>()
        .Select(action => AccessRules.Decide(action, access, environment, SignInProof.None).IsAllowed ? "yes" : "no"));
}
