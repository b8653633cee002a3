using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Apply;
using Postern.Directory.Organizations;
using Postern.Directory.Projects;
using Postern.Directory.Tests.Testing;

namespace Postern.Directory.Tests.Apply;

/// <summary>What a file says of people and machine users, and what pages and API made of them meanwhile.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class ApplyPeopleTests(PostgreSqlServer server)
{
    private static readonly CancellationToken Never = CancellationToken.None;

    [Theory]
    [InlineData("sqlite", "organizations: [{name: acme, label: Acme}]")]
    [InlineData("sqlite", "organizations: [{name: acme, owner: owner@example.com}]")]
    [InlineData("postgresql", "organizations: [{name: acme, owner: owner@example.com}]")]
    public async Task OwnersOfThePage_StayOwners_WhenNoListSaysOtherwise(string provider, string text)
    {
        await using var company = await Company.CreateAsync(provider, server);
        await MakeAsync(company, OrganizationRole.Owner);

        Assert.Empty((await ApplyAsync(company, text)).Faults);

        Assert.Equal((OrganizationRole.Owner, OrganizationRole.Owner, OrganizationRole.Member), await RolesAsync(company));
    }

    [Fact]
    public async Task AnotherNamedOwner_MakesAMemberOfTheFormerOneAlone()
    {
        await using var company = await Company.CreateAsync("sqlite", server);
        await MakeAsync(company, OrganizationRole.Owner);

        Assert.Empty((await ApplyAsync(company, "organizations: [{name: acme, owner: member@example.com}]")).Faults);

        Assert.Equal((OrganizationRole.Member, OrganizationRole.Owner, OrganizationRole.Owner), await RolesAsync(company));
    }

    [Fact]
    public async Task List_MakesSeveralOwnersAndTakesTheRest()
    {
        await using var company = await Company.CreateAsync("sqlite", server);

        const string Text = """
            organizations:
              - name: acme
                owner: member@example.com
                members:
                  owner@example.com: owner
            """;
        Assert.Empty((await ApplyAsync(company, Text)).Faults);
        Assert.Equal((OrganizationRole.Owner, null, OrganizationRole.Owner), await RolesAsync(company));
        Assert.All((await ApplyAsync(company, Text)).Changes, change => Assert.Equal(ApplyOutcome.Unchanged, change.Outcome));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task MachineUser_KeepsItsPlaceAndGetsRolesByItsUserName(string provider)
    {
        await using var company = await Company.CreateAsync(provider, server);
        var machine = await NewMachineAsync(company);
        var project = company.Directory.NewProject(company.Acme);
        await company.Directory.SaveAsync(project);

        var result = await ApplyAsync(company, $$"""
            organizations: [{name: acme, members: {admin@example.com: admin} }]
            projects:
              - id: {{project.Id}}
                members:
                  machine:ci@acme: {development: contributor}
            """);
        Assert.Empty(result.Faults);
        Assert.Equal(OrganizationRole.Member, (await company.Reader.FindPlaceAsync(machine, company.Acme.Id, Never))!.Role);
        Assert.Null(await company.Reader.FindPlaceAsync(company.Member.Id, company.Acme.Id, Never));
        await using (var context = await company.Directory.Contexts.CreateDbContextAsync())
        {
            var role = await context.ProjectMembers.SingleAsync();
            Assert.Equal((machine, ProjectRole.Viewer, EnvironmentRole.Contributor), (role.UserId, role.Role, role.DevelopmentRole));
        }

        // On a project it is listed as people are.
        Assert.Empty((await ApplyAsync(company, $$"""projects: [{id: {{project.Id}}, members: {} }]""")).Faults);
        await using (var context = await company.Directory.Contexts.CreateDbContextAsync())
        {
            Assert.Empty(await context.ProjectMembers.ToListAsync());
        }

        Assert.Empty((await ApplyAsync(company, "organizations: [{name: acme, members: {MACHINE:ci@acme: admin}}]")).Faults);
        Assert.Equal(OrganizationRole.Admin, (await company.Reader.FindPlaceAsync(machine, company.Acme.Id, Never))!.Role);
    }

    [Theory]
    [InlineData("organizations: [{name: acme, members: {machine:ci@acme: owner}}]", "owns nothing")]
    [InlineData("organizations: [{name: acme, owner: machine:ci@acme}]", "owns nothing")]
    [InlineData("organizations: [{name: acme, members: {machine:cd@acme: member}}]", "there is no machine:cd@acme; an administrator")]
    [InlineData("organizations: [{name: other, members: {machine:ci@acme: member}}]", "of another organization")]
    [InlineData("organizations: [{name: new, owner: owner@example.com, members: {machine:ci@acme: member}}]", "of another organization")]
    [InlineData("projects: [{id: abcdefghijklm, organization: other, members: {machine:ci@acme: admin}}]", "of another organization")]
    [InlineData("organizations: [{name: acme, members: {owner@example.com: admin}}]", "the owner that the organization has")]
    public async Task WhatCannotBe_IsAFault(string text, string reason)
    {
        await using var company = await Company.CreateAsync("sqlite", server);
        await NewMachineAsync(company);
        var result = await ApplyAsync(company, text);
        Assert.Contains(result.Faults, fault => fault.Message.Contains(reason, StringComparison.Ordinal));
        Assert.Empty(result.Changes);
    }

    // Somebody invites another's address on a server without mail, opens the link that is shown, and waits for the operator.
    [Theory]
    [InlineData("organizations: [{name: acme, members: {cfo@example.com: admin}}]")]
    [InlineData("organizations: [{name: new, owner: cfo@example.com}]")]
    [InlineData("projects: [{id: abcdefghijklm, organization: acme, members: {cfo@example.com: admin}}]")]
    public async Task AddressThatNobodyProved_GetsNoRole(string text)
    {
        await using var company = await Company.CreateAsync("sqlite", server);
        var account = company.Directory.NewUser("cfo");
        account.EmailConfirmed = false;
        await company.Directory.SaveAsync(account);
        await company.Directory.SaveAsync(new Invitation
        {
            Id = Guid.NewGuid(),
            OrganizationId = company.Other.Id,
            Email = account.Email!,
            NormalizedEmail = account.NormalizedEmail!,
            InvitedBy = company.Stranger.Id,
            AcceptedBy = account.Id,
            AcceptedAt = company.Directory.Clock.GetUtcNow(),
            IsLinkShown = true,
        });

        var fault = Assert.Single((await ApplyAsync(company, text)).Faults);
        Assert.Contains("an invitation of other made this account", fault.Message, StringComparison.Ordinal);
        Assert.Contains("postern-server user confirm cfo@example.com", fault.Message, StringComparison.Ordinal);
        Assert.Contains("postern-server user delete cfo@example.com", fault.Message, StringComparison.Ordinal);

        await using (var context = await company.Directory.Contexts.CreateDbContextAsync())
        {
            await context.Users.Where(u => u.Id == account.Id).ExecuteUpdateAsync(row => row.SetProperty(u => u.EmailConfirmed, true));
        }

        Assert.Empty((await ApplyAsync(company, text)).Faults);
    }

    private static Task<ApplyResult> ApplyAsync(Company company, string text) =>
        company.Directory.Services.GetRequiredService<Applier>().ApplyAsync(text, "/", Never);

    private static async Task<Guid> NewMachineAsync(Company company) =>
        (await company.Machines.CreateAsync(company.As(company.Admin), company.Acme.Id, "ci", Never)).User!.Id;

    private static async Task MakeAsync(Company company, OrganizationRole role) => Assert.Equal(
        MembershipVerdict.Allowed,
        await company.Membership.ChangeRoleAsync(company.As(company.Owner), company.Acme.Id, company.Admin.Id, role, Never));

    /// <summary>What owner, administrator and member are now.</summary>
    private static async Task<(OrganizationRole?, OrganizationRole?, OrganizationRole?)> RolesAsync(Company company) => (
        (await company.Reader.FindPlaceAsync(company.Owner.Id, company.Acme.Id, Never))?.Role,
        (await company.Reader.FindPlaceAsync(company.Admin.Id, company.Acme.Id, Never))?.Role,
        (await company.Reader.FindPlaceAsync(company.Member.Id, company.Acme.Id, Never))?.Role);
}
