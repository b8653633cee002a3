using Microsoft.EntityFrameworkCore;
using Postern.Directory.Organizations;
using Postern.Directory.Projects;
using Postern.Directory.Tests.Testing;

namespace Postern.Directory.Tests.Organizations;

[Collection(DatabaseCollection.Name)]
public class MembershipTests(PostgreSqlServer server)
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task RoleChange_IsWrittenRecordedAndAnnounced(string provider)
    {
        await using var company = await Company.CreateAsync(provider, server);

        var verdict = await company.Membership.ChangeRoleAsync(
            company.As(company.Owner), company.Acme.Id, company.Member.Id, OrganizationRole.Admin, Never);

        Assert.Equal(MembershipVerdict.Allowed, verdict);
        Assert.Equal(OrganizationRole.Admin, (await company.Reader.FindPlaceAsync(company.Member.Id, company.Acme.Id, Never))!.Role);
        await using var context = await company.Directory.Contexts.CreateDbContextAsync();
        var record = await context.AuditEvents.SingleAsync();
        Assert.Equal(
            (company.Owner.Id.ToString(), "organization.role.changed", $"organization {company.Acme.Id}", "req-1"),
            (record.Actor, record.Action, record.Subject, record.ConnectionId));
        Assert.Contains($"user {company.Member.Id}: member to admin", record.Detail, StringComparison.Ordinal);
        Assert.True(await context.Changes.AnyAsync(c => c.Kind == "organization_member" && c.Subject.Contains(company.Acme.Id)));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Escalation_IsRefusedAndLeavesNothingBehind(string provider)
    {
        await using var company = await Company.CreateAsync(provider, server);
        foreach (var (actor, target, role, expected) in new[]
        {
            (company.Member, company.Member, OrganizationRole.Owner, MembershipVerdict.NeedsAdministrator),
            (company.Member, company.Admin, OrganizationRole.Member, MembershipVerdict.NeedsAdministrator),
            (company.Admin, company.Admin, OrganizationRole.Owner, MembershipVerdict.NeedsOwner),
            (company.Admin, company.Owner, OrganizationRole.Member, MembershipVerdict.NeedsOwner),
            (company.Stranger, company.Stranger, OrganizationRole.Owner, MembershipVerdict.NotFound),
            (company.Owner, company.Owner, OrganizationRole.Member, MembershipVerdict.LastOwner),
            (company.Owner, company.Stranger, OrganizationRole.Admin, MembershipVerdict.NotFound),
        })
        {
            Assert.Equal(expected, await company.Membership.ChangeRoleAsync(company.As(actor), company.Acme.Id, target.Id, role, Never));
        }

        await using var context = await company.Directory.Contexts.CreateDbContextAsync();
        Assert.Equal(0, await context.AuditEvents.CountAsync());
        Assert.Equal(company.Owner.Id, (await context.Organizations.SingleAsync(o => o.Id == company.Acme.Id)).OwnerId);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Owners_WhoDemoteEachOtherAtOnce_LeaveOne(string provider)
    {
        await using var company = await Company.CreateAsync(provider, server);
        await company.Membership.ChangeRoleAsync(company.As(company.Owner), company.Acme.Id, company.Admin.Id, OrganizationRole.Owner, Never);

        var verdicts = await Task.WhenAll(
            Task.Run(() => company.Membership.ChangeRoleAsync(
                company.As(company.Owner), company.Acme.Id, company.Admin.Id, OrganizationRole.Member, Never)),
            Task.Run(() => company.Membership.ChangeRoleAsync(
                company.As(company.Admin), company.Acme.Id, company.Owner.Id, OrganizationRole.Member, Never)));

        Assert.Single(verdicts, MembershipVerdict.Allowed);
        var owners = (await company.Reader.ListPeopleAsync(company.Acme.Id, Never)).Where(p => p.Role == OrganizationRole.Owner);
        Assert.Single(owners);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Owner_WhoStepsDown_PassesTheNameOn(string provider)
    {
        await using var company = await Company.CreateAsync(provider, server);
        await company.Membership.ChangeRoleAsync(company.As(company.Owner), company.Acme.Id, company.Admin.Id, OrganizationRole.Owner, Never);

        var verdict = await company.Membership.RemoveAsync(company.As(company.Owner), company.Acme.Id, company.Owner.Id, Never);

        Assert.Equal(MembershipVerdict.Allowed, verdict);
        Assert.Null(await company.Reader.FindPlaceAsync(company.Owner.Id, company.Acme.Id, Never));
        await using var context = await company.Directory.Contexts.CreateDbContextAsync();
        Assert.Equal(company.Admin.Id, (await context.Organizations.SingleAsync(o => o.Id == company.Acme.Id)).OwnerId);
    }

    // An owner who cannot sign in looks after nothing, so they are no reason to let the last one who can go.
    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task DisabledOwner_IsNoneToLeaveTheOrganizationTo(string provider)
    {
        await using var company = await Company.CreateAsync(provider, server);
        await company.Membership.ChangeRoleAsync(company.As(company.Owner), company.Acme.Id, company.Admin.Id, OrganizationRole.Owner, Never);
        await DisableAsync(company, company.Admin.Id, true);
        Assert.Equal(
            MembershipVerdict.LastOwner, await company.Membership.RemoveAsync(company.As(company.Owner), company.Acme.Id, company.Owner.Id, Never));
        Assert.Equal(
            MembershipVerdict.LastOwner,
            await company.Membership.ChangeRoleAsync(company.As(company.Owner), company.Acme.Id, company.Owner.Id, OrganizationRole.Member, Never));

        // With a third one there is somebody, and the name goes to them and not to the one who is longer there.
        await company.Membership.ChangeRoleAsync(company.As(company.Owner), company.Acme.Id, company.Member.Id, OrganizationRole.Owner, Never);
        Assert.Equal(
            MembershipVerdict.Allowed, await company.Membership.RemoveAsync(company.As(company.Owner), company.Acme.Id, company.Owner.Id, Never));
        await using var context = await company.Directory.Contexts.CreateDbContextAsync();
        Assert.Equal(company.Member.Id, (await context.Organizations.SingleAsync(o => o.Id == company.Acme.Id)).OwnerId);

        // Who is disabled can be taken out by the only one who is not.
        Assert.Equal(
            MembershipVerdict.Allowed,
            await company.Membership.ChangeRoleAsync(company.As(company.Member), company.Acme.Id, company.Admin.Id, OrganizationRole.Member, Never));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Removal_TakesTheProjectsAlongAndNoOtherOrganizations(string provider)
    {
        await using var company = await Company.CreateAsync(provider, server);
        var (own, other) = (company.Directory.NewProject(company.Acme), company.Directory.NewProject(company.Other));
        await company.Directory.SaveAsync(own, other);
        await company.Directory.SaveAsync(
            new ProjectMember { ProjectId = own.Id, UserId = company.Member.Id, Role = ProjectRole.Admin },
            new ProjectMember { ProjectId = other.Id, UserId = company.Member.Id, Role = ProjectRole.Admin });

        Assert.Equal(
            MembershipVerdict.Allowed, await company.Membership.RemoveAsync(company.As(company.Admin), company.Acme.Id, company.Member.Id, Never));

        await using var context = await company.Directory.Contexts.CreateDbContextAsync();
        Assert.Equal(other.Id, (await context.ProjectMembers.SingleAsync()).ProjectId);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task MfaSwitch_NeedsMfa_AndThenEverythingDoes(string provider)
    {
        await using var company = await Company.CreateAsync(provider, server);
        Assert.Equal(
            MembershipVerdict.OwnMfaMissing, await company.Membership.RequireMfaAsync(company.As(company.Owner), company.Acme.Id, true, Never));
        Assert.Equal(
            MembershipVerdict.NeedsAdministrator,
            await company.Membership.RequireMfaAsync(company.As(company.Member, hasMfa: true), company.Acme.Id, true, Never));
        Assert.Equal(
            MembershipVerdict.Allowed,
            await company.Membership.RequireMfaAsync(company.As(company.Owner, hasMfa: true), company.Acme.Id, true, Never));

        Assert.Equal(
            MembershipVerdict.MfaRequired,
            await company.Membership.ChangeRoleAsync(
                company.As(company.Owner), company.Acme.Id, company.Member.Id, OrganizationRole.Admin, Never));
        Assert.Equal(
            MembershipVerdict.MfaRequired, await company.Membership.RequireMfaAsync(company.As(company.Owner), company.Acme.Id, false, Never));
        await using var context = await company.Directory.Contexts.CreateDbContextAsync();
        Assert.True((await context.Organizations.SingleAsync(o => o.Id == company.Acme.Id)).RequiresMfa);
        Assert.True(await context.Changes.AnyAsync(c => c.Kind == "organization" && c.Subject == company.Acme.Id));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task People_AreMembersContributorsAndMachines(string provider)
    {
        await using var company = await Company.CreateAsync(provider, server);
        var project = company.Directory.NewProject(company.Acme);
        await company.Directory.SaveAsync(project);
        await company.Directory.SaveAsync(new ProjectMember { ProjectId = project.Id, UserId = company.Stranger.Id, Role = ProjectRole.Viewer });
        var (machine, _) = await company.Machines.CreateAsync(company.As(company.Admin), company.Acme.Id, "deploy", Never);

        var people = await company.Reader.ListPeopleAsync(company.Acme.Id, Never);

        Assert.Equal(
            [("admin", (OrganizationRole?)OrganizationRole.Admin), ("deploy", OrganizationRole.Member), ("eve", null), ("member", OrganizationRole.Member), ("owner", OrganizationRole.Owner)],
            people.Select(p => (p.DisplayName, p.Role)));
        var found = people.Single(p => p.UserId == machine!.Id);
        Assert.True(found.IsMachine);
        Assert.Equal("admin", found.MadeBy);
        Assert.Null(found.Email);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Machine_IsMadeByAdministratorsOwnsNothingAndGoes(string provider)
    {
        await using var company = await Company.CreateAsync(provider, server);
        var (machine, verdict) = await company.Machines.CreateAsync(company.As(company.Admin), company.Acme.Id, "deploy", Never);
        Assert.Equal(MembershipVerdict.Allowed, verdict);
        Assert.Null(machine!.PasswordHash);
        Assert.Null(machine.Email);

        Assert.Equal(MembershipVerdict.NameTaken, (await company.Machines.CreateAsync(company.As(company.Owner), company.Acme.Id, "deploy", Never)).Verdict);
        Assert.Equal(MembershipVerdict.NeedsAdministrator, (await company.Machines.CreateAsync(company.As(company.Member), company.Acme.Id, "other", Never)).Verdict);
        Assert.Equal(MembershipVerdict.NotFound, (await company.Machines.CreateAsync(company.As(company.Stranger), company.Acme.Id, "other", Never)).Verdict);
        foreach (var name in new[] { "", "-a", "a-", "a--b", "A", "a b", "a@b", new string('a', 61), "ü" })
        {
            Assert.Equal(MembershipVerdict.NameInvalid, (await company.Machines.CreateAsync(company.As(company.Owner), company.Acme.Id, name, Never)).Verdict);
        }

        Assert.Equal(
            MembershipVerdict.NotForMachines,
            await company.Membership.ChangeRoleAsync(company.As(company.Owner), company.Acme.Id, machine.Id, OrganizationRole.Owner, Never));
        Assert.Equal(MembershipVerdict.NotFound, await company.Machines.RemoveAsync(company.As(company.Stranger), company.Other.Id, machine.Id, Never));
        Assert.Equal(MembershipVerdict.NotFound, await company.Machines.RemoveAsync(company.As(company.Owner), company.Acme.Id, company.Member.Id, Never));
        Assert.Equal(MembershipVerdict.Allowed, await company.Machines.RemoveAsync(company.As(company.Owner), company.Acme.Id, machine.Id, Never));
        await using var context = await company.Directory.Contexts.CreateDbContextAsync();
        Assert.False(await context.Users.AnyAsync(u => u.Id == machine.Id));
        Assert.True(await context.Changes.AnyAsync(c => c.Kind == "user" && c.Subject == machine.Id.ToString()));
    }

    private static async Task DisableAsync(Company company, Guid userId, bool isDisabled)
    {
        await using var context = await company.Directory.Contexts.CreateDbContextAsync();
        await context.Users.Where(u => u.Id == userId).ExecuteUpdateAsync(row => row.SetProperty(u => u.IsDisabled, isDisabled));
    }
}
