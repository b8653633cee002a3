using Postern.Directory.Organizations;
using static Postern.Directory.Organizations.MembershipVerdict;
using static Postern.Directory.Organizations.OrganizationRole;

namespace Postern.Directory.Tests.Organizations;

public class OrganizationRulesTests
{
    [Theory]
    [InlineData(null, Member, Admin, 1, NotFound)]
    [InlineData(Member, Member, Admin, 1, NeedsAdministrator)]
    [InlineData(Member, Member, Member, 1, NeedsAdministrator)]
    [InlineData(Member, Owner, Member, 2, NeedsAdministrator)]
    [InlineData(Admin, Member, Admin, 1, Allowed)]
    [InlineData(Admin, Admin, Member, 1, Allowed)]
    [InlineData(Admin, Member, Owner, 1, NeedsOwner)]
    [InlineData(Admin, Admin, Owner, 1, NeedsOwner)]
    [InlineData(Admin, Owner, Member, 2, NeedsOwner)]
    [InlineData(Admin, Owner, Owner, 2, NeedsOwner)]
    [InlineData(Owner, Member, Owner, 1, Allowed)]
    [InlineData(Owner, Owner, Admin, 2, Allowed)]
    [InlineData(Owner, Owner, Admin, 1, LastOwner)]
    [InlineData(Owner, Owner, Owner, 1, Allowed)]
    public void RoleChange_NeverGivesMoreThanTheActorHas(
        OrganizationRole? actor, OrganizationRole present, OrganizationRole wanted, int owners, MembershipVerdict verdict) =>
        Assert.Equal(verdict, OrganizationRules.DecideRoleChange(actor, present, wanted, owners));

    [Theory]
    [InlineData(null, Member, false, 1, NotFound)]
    [InlineData(null, Member, true, 1, NotFound)]
    [InlineData(Member, Member, false, 1, NeedsAdministrator)]
    [InlineData(Member, Member, true, 1, Allowed)]
    [InlineData(Admin, Member, false, 1, Allowed)]
    [InlineData(Admin, Owner, false, 2, NeedsOwner)]
    [InlineData(Owner, Owner, false, 2, Allowed)]
    [InlineData(Owner, Owner, true, 1, LastOwner)]
    [InlineData(Owner, Owner, true, 2, Allowed)]
    public void Removal_KeepsAnOwner(
        OrganizationRole? actor, OrganizationRole present, bool isSelf, int owners, MembershipVerdict verdict) =>
        Assert.Equal(verdict, OrganizationRules.DecideRemoval(actor, present, isSelf, owners));

    [Theory]
    [InlineData(null, true, NotFound)]
    [InlineData(Member, true, NeedsAdministrator)]
    [InlineData(Member, false, NeedsAdministrator)]
    [InlineData(Admin, false, OwnMfaMissing)]
    [InlineData(Admin, true, Allowed)]
    [InlineData(Owner, false, OwnMfaMissing)]
    [InlineData(Owner, true, Allowed)]
    public void MfaSwitch_NeedsAnAdministratorWhoUsedMfa(OrganizationRole? actor, bool hasMfa, MembershipVerdict verdict) =>
        Assert.Equal(verdict, OrganizationRules.DecideMfaSwitch(actor, hasMfa));

    [Theory]
    [InlineData(null, Member, NotFound)]
    [InlineData(Member, Member, NeedsAdministrator)]
    [InlineData(Admin, Member, Allowed)]
    [InlineData(Admin, Admin, Allowed)]
    [InlineData(Admin, Owner, NeedsOwner)]
    [InlineData(Owner, Owner, Allowed)]
    public void FactorReset_DoesNotReachUpwards(OrganizationRole? actor, OrganizationRole present, MembershipVerdict verdict) =>
        Assert.Equal(verdict, OrganizationRules.DecideFactorReset(actor, present));
}
