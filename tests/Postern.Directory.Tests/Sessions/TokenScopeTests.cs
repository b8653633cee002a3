using Postern.Directory.Organizations;
using Postern.Directory.Projects;
using Postern.Directory.Rules;
using Postern.Directory.Sessions;

namespace Postern.Directory.Tests.Sessions;

public class TokenScopeTests
{
    private static readonly ProjectAccess Owner = Access(organization: OrganizationRole.Owner);

    [Fact]
    public void FullScope_ChangesNothing() => Assert.Same(Owner, TokenScope.Full.Limit(Owner));

    [Fact]
    public void OtherProject_DoesNotExist()
    {
        var limited = new TokenScope("other", false).Limit(Owner);
        Assert.False(limited.HasAnyRole);
        Assert.Equal(AccessReason.NoRole, AccessRules.DecideProject(limited, new SignInProof { HasMfa = true }).Reason);
    }

    [Fact]
    public void OwnProject_IsAsBefore() => Assert.Same(Owner, new TokenScope("shop", false).Limit(Owner));

    [Theory]
    [InlineData(OrganizationRole.Owner, null, null)]
    [InlineData(OrganizationRole.Admin, null, null)]
    [InlineData(null, ProjectRole.Admin, null)]
    [InlineData(null, ProjectRole.Viewer, EnvironmentRole.Admin)]
    [InlineData(OrganizationRole.Member, ProjectRole.Viewer, EnvironmentRole.Contributor)]
    public void ReadOnly_IsAViewerAtMost(OrganizationRole? organization, ProjectRole? project, EnvironmentRole? role)
    {
        var limited = new TokenScope(null, true).Limit(Access(organization, project, role));
        foreach (var type in Enum.GetValues<EnvironmentType>())
        {
            Assert.Equal(EnvironmentRole.Viewer, AccessRules.RoleOn(limited, type));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData(OrganizationRole.Member)]
    public void ReadOnly_GivesNothingToWhoHasNothing(OrganizationRole? organization) =>
        Assert.Null(AccessRules.RoleOn(new TokenScope(null, true).Limit(Access(organization)), EnvironmentType.Development));

    [Fact]
    public void ReadOnly_KeepsWhatTheOrganizationAsksFor()
    {
        var limited = new TokenScope("shop", true).Limit(Owner with { RequiresMfa = true, IsSuspended = true, PinsSourceAddress = true });
        Assert.True(limited is { RequiresMfa: true, IsSuspended: true, PinsSourceAddress: true });
    }

    private static ProjectAccess Access(OrganizationRole? organization = null, ProjectRole? project = null, EnvironmentRole? role = null) => new()
    {
        UserId = Guid.NewGuid(),
        ProjectId = "shop",
        OrganizationRole = organization,
        ProjectRole = project,
        ProductionRole = role,
        StagingRole = role,
        DevelopmentRole = role,
    };
}
