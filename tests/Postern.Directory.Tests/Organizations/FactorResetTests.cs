using Microsoft.EntityFrameworkCore;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Projects;
using Postern.Directory.Tests.Testing;

namespace Postern.Directory.Tests.Organizations;

/// <summary>An account belongs to the server: who administers one organization takes nothing from it that another relies on.</summary>
[Collection(DatabaseCollection.Name)]
public class FactorResetTests(PostgreSqlServer server)
{
    private static readonly CancellationToken Never = CancellationToken.None;

    private int _resets;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Reset_IsRecordedAndReachesNoStranger(string provider)
    {
        await using var company = await Company.CreateAsync(provider, server);
        Assert.Equal(MembershipVerdict.Allowed, await ResetAsync(company, company.Admin, company.Member));
        Assert.Equal(MembershipVerdict.NeedsOwner, await ResetAsync(company, company.Admin, company.Owner));
        Assert.Equal(MembershipVerdict.NeedsAdministrator, await ResetAsync(company, company.Member, company.Member));
        Assert.Equal(MembershipVerdict.NotFound, await ResetAsync(company, company.Admin, company.Stranger));
        Assert.Equal(MembershipVerdict.NotFound, await ResetAsync(company, company.Admin, company.Stranger, company.Other));
        Assert.Equal(1, _resets);
        await using var context = await company.Directory.Contexts.CreateDbContextAsync();
        Assert.Equal("organization.factors.reset", (await context.AuditEvents.SingleAsync()).Action);
    }

    [Theory]
    [InlineData("sqlite", "owner")]
    [InlineData("sqlite", "named owner")]
    [InlineData("sqlite", "member")]
    [InlineData("sqlite", "project")]
    [InlineData("postgresql", "owner")]
    [InlineData("postgresql", "project")]
    public async Task WhoWorksForAnotherOrganizationToo_IsTheOperatorsToReset(string provider, string tie)
    {
        await using var company = await Company.CreateAsync(provider, server);
        var project = company.Directory.NewProject(company.Other);
        await company.Directory.SaveAsync(project);
        await company.Directory.SaveAsync(tie switch
        {
            "owner" => company.Place(company.Member, OrganizationRole.Owner, company.Other),
            "named owner" => company.Directory.NewOrganization(company.Member, "third"),
            "member" => company.Place(company.Member, OrganizationRole.Member, company.Other),
            _ => new ProjectMember { ProjectId = project.Id, UserId = company.Member.Id, Role = ProjectRole.Viewer },
        });

        Assert.Equal(MembershipVerdict.ReliedOnElsewhere, await ResetAsync(company, company.Admin, company.Member));
        Assert.Equal(MembershipVerdict.ReliedOnElsewhere, await ResetAsync(company, company.Owner, company.Member));

        Assert.Equal(0, _resets);
        await using var context = await company.Directory.Contexts.CreateDbContextAsync();
        Assert.Equal(0, await context.AuditEvents.CountAsync());
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task WhoAdministersBoth_MayInEither_WithTheProofThatBothAskFor(string provider)
    {
        await using var company = await Company.CreateAsync(provider, server);
        await company.Directory.SaveAsync(
            company.Place(company.Member, OrganizationRole.Admin, company.Other),
            company.Place(company.Admin, OrganizationRole.Admin, company.Other));
        await using (var context = await company.Directory.Contexts.CreateDbContextAsync())
        {
            await context.Organizations.Where(o => o.Id == company.Other.Id).ExecuteUpdateAsync(row => row.SetProperty(o => o.RequiresMfa, true));
        }

        Assert.Equal(MembershipVerdict.ReliedOnElsewhere, await ResetAsync(company, company.Admin, company.Member));
        Assert.Equal(MembershipVerdict.Allowed, await ResetAsync(company, company.Admin, company.Member, hasMfa: true));

        // An owner there is out of an administrator's reach here as well.
        await using (var context = await company.Directory.Contexts.CreateDbContextAsync())
        {
            await context.OrganizationMembers.Where(m => m.OrganizationId == company.Other.Id && m.UserId == company.Member.Id)
                .ExecuteUpdateAsync(row => row.SetProperty(m => m.Role, OrganizationRole.Owner));
        }

        Assert.Equal(MembershipVerdict.ReliedOnElsewhere, await ResetAsync(company, company.Admin, company.Member, hasMfa: true));
        Assert.Equal(1, _resets);
    }

    private Task<MembershipVerdict> ResetAsync(
        Company company, User actor, User target, Organization? organization = null, bool hasMfa = false) =>
        company.Membership.ResetFactorsAsync(
            company.As(actor, hasMfa),
            (organization ?? company.Acme).Id,
            target.Id,
            _ =>
            {
                _resets++;
                return Task.CompletedTask;
            },
            Never);
}
