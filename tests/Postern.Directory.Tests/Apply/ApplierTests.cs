using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Apply;
using Postern.Directory.Organizations;
using Postern.Directory.Projects;
using Postern.Directory.Routing;
using Postern.Directory.Tests.Testing;

namespace Postern.Directory.Tests.Apply;

[Collection(DatabaseCollection.Name)]
public sealed class ApplierTests(PostgreSqlServer server) : IDisposable
{
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("postern-apply-").FullName;

    public void Dispose() => System.IO.Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task Example_IsCreated_AndThenUnchanged(string provider)
    {
        await using var directory = await CreateAsync(provider);

        var first = await ApplyAsync(directory, ApplyExample.Text);
        Assert.Empty(first.Faults);
        Assert.All(first.Changes, c => Assert.Equal(ApplyOutcome.Created, c.Outcome));
        Assert.Contains(new ApplyChange(ApplyOutcome.Created, "environment abcdefghijklm/main"), first.Changes);
        var before = await SnapshotAsync(directory);

        directory.Clock.Advance(TimeSpan.FromHours(1));
        var second = await ApplyAsync(directory, ApplyExample.Text);
        Assert.Equal(first.Changes.Select(c => c with { Outcome = ApplyOutcome.Unchanged }), second.Changes);
        Assert.Equal(before, await SnapshotAsync(directory));

        var gateway = directory.Services.GetRequiredService<GatewayDirectory>();
        var route = await gateway.FindRouteAsync("abcdefghijklm", "main-bvxea6i", Moment.Now, CancellationToken.None);
        Assert.Equal(2, route!.Deployment!.Apps.Count);
        Assert.Equal(40, route.Deployment.TreeId.Length);
        var staging = await gateway.FindRouteAsync("abcdefghijklm", "staging-5em2ouy", Moment.Now, CancellationToken.None);
        Assert.Null(staging!.Deployment);
        Assert.Equal(EnvironmentStatus.Inactive, staging.Facts.Status);
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task OneFault_ChangesNothing(string provider)
    {
        await using var directory = await CreateAsync(provider);
        await ApplyAsync(directory, ApplyExample.Text);
        var before = await SnapshotAsync(directory);

        var result = await ApplyAsync(directory, ApplyExample.Text
            .Replace("label: Acme Inc.", "label: Changed", StringComparison.Ordinal)
            .Replace("edsger@example.com: member", "nobody@example.com: member", StringComparison.Ordinal)
            .Replace("./shop", "./missing", StringComparison.Ordinal));

        Assert.Equal(
            ["organizations[0].members[\"nobody@example.com\"]", "projects[0].environments.main.apps.app.source"],
            result.Faults.Select(f => f.Path));
        Assert.Empty(result.Changes);
        Assert.Equal(before, await SnapshotAsync(directory));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task ChangedRole_IsUpdated_AndMissingMemberRemoved(string provider)
    {
        await using var directory = await CreateAsync(provider);
        await ApplyAsync(directory, ApplyExample.Text);
        var (grace, edsger) = (await UserIdAsync(directory, "grace"), await UserIdAsync(directory, "edsger"));

        var result = await ApplyAsync(directory, """
            organizations:
              - name: acme
                owner: grace@example.com
                members: {}
            projects:
              - id: abcdefghijklm
                members:
                  EDSGER@example.com: {production: contributor}
            """);

        Assert.Empty(result.Faults);
        var ada = await UserIdAsync(directory, "ada");
        Assert.Equal(
            [
                new ApplyChange(ApplyOutcome.Updated, "organization acme"),
                new ApplyChange(ApplyOutcome.Updated, $"member {grace} of organization acme"),
                new ApplyChange(ApplyOutcome.Unchanged, "project abcdefghijklm"),
                new ApplyChange(ApplyOutcome.Updated, $"member {edsger} of project abcdefghijklm"),
                new ApplyChange(ApplyOutcome.Removed, $"member {grace} of project abcdefghijklm"),
            ],
            result.Changes.Where(c => c.Outcome != ApplyOutcome.Removed || c.Subject.Contains("project", StringComparison.Ordinal)));
        var gateway = directory.Services.GetRequiredService<GatewayDirectory>();
        var former = await gateway.FindAccessAsync(ada, "abcdefghijklm", Moment.Now, CancellationToken.None);
        Assert.Null(former!.OrganizationRole);
        var member = await gateway.FindAccessAsync(edsger, "abcdefghijklm", Moment.Now, CancellationToken.None);
        Assert.Equal((EnvironmentRole.Contributor, null, null), (member!.ProductionRole, member.StagingRole, member.DevelopmentRole));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task FormerOwner_KeepsOnlyMembership(string provider)
    {
        await using var directory = await CreateAsync(provider);
        await ApplyAsync(directory, ApplyExample.Text);

        await ApplyAsync(directory, "organizations: [{name: acme, owner: grace@example.com}]");

        await using var context = await directory.Contexts.CreateDbContextAsync();
        var ada = await UserIdAsync(directory, "ada");
        Assert.Equal(OrganizationRole.Member, (await context.OrganizationMembers.SingleAsync(m => m.UserId == ada)).Role);
    }

    [Theory]
    [InlineData("projects: [{id: abcdefghijklm}]", "projects[0].id", "'organization' must say")]
    [InlineData("projects: [{id: abcdefghijklm, organization: nope}]", "projects[0].organization", "no organization nope")]
    [InlineData("organizations: [{name: acme}]", "organizations[0].name", "'owner' must say")]
    [InlineData("organizations: [{name: acme, owner: ada@example.com, members: {ada@example.com: member}}]", "organizations[0].members[\"ada@example.com\"]", "'owner' names this account")]
    [InlineData("organizations: [{name: a, owner: ada@example.com}, {name: a, owner: ada@example.com}]", "organizations[1].name", "declared twice")]
    [InlineData("organizations: [{name: a, owner: ada@example.com, members: {grace@example.com: admin, Grace@example.com: admin}}]", "organizations[0].members[\"Grace@example.com\"]", "declared twice")]
    [InlineData("organizations: [{name: a, owner: ada@example.com}]\nprojects: [{id: abcdefghijklm, organization: a, environments: {dev: {}}}]", "projects[0].id", "exactly one production environment; this one has: none")]
    [InlineData("organizations: [{name: a, owner: ada@example.com}]\nprojects: [{id: abcdefghijklm, organization: a, environments: {main: {}, b: {type: production}}}]", "projects[0].id", "has: main, b")]
    [InlineData("organizations: [{name: a, owner: ada@example.com}]\nprojects: [{id: abcdefghijklm, organization: a, environments: {main: {}, b: {parent: c}}}]", "projects[0].environments.b.parent", "no environment c")]
    [InlineData("organizations: [{name: a, owner: ada@example.com}]\nprojects: [{id: abcdefghijklm, organization: a, environments: {main: {}, b: {parent: c}, c: {parent: b}}}]", "projects[0].environments.b", "its own parent")]
    [InlineData("organizations: [{name: a, owner: ada@example.com}]\nprojects: [{id: abcdefghijklm, organization: a, environments: {main: {services: {}}}}]", "projects[0].environments.main.services", "without 'apps'")]
    public async Task Contradiction_IsAFault(string text, string path, string reason)
    {
        await using var directory = await CreateAsync("sqlite");
        var result = await ApplyAsync(directory, text);
        Assert.Contains(result.Faults, f => f.Path == path && f.Message.Contains(reason, StringComparison.Ordinal));
        await using var context = await directory.Contexts.CreateDbContextAsync();
        Assert.Empty(await context.Organizations.ToListAsync());
    }

    private async Task<TestDirectory> CreateAsync(string provider)
    {
        System.IO.Directory.CreateDirectory(Path.Combine(_folder, "shop"));
        var directory = await TestDirectory.CreateAsync(provider, server);
        await directory.SaveAsync(directory.NewUser("ada"), directory.NewUser("grace"), directory.NewUser("edsger"));
        return directory;
    }

    private Task<ApplyResult> ApplyAsync(TestDirectory directory, string text) =>
        directory.Services.GetRequiredService<Applier>().ApplyAsync(text, _folder, CancellationToken.None);

    private static async Task<Guid> UserIdAsync(TestDirectory directory, string name)
    {
        await using var context = await directory.Contexts.CreateDbContextAsync();
        return (await context.Users.SingleAsync(u => u.UserName == name)).Id;
    }

    /// <summary>Everything that apply may touch, with times, and how many changes and audit events there are.</summary>
    private static async Task<string> SnapshotAsync(TestDirectory directory)
    {
        await using var context = await directory.Contexts.CreateDbContextAsync();
        return System.Text.Json.JsonSerializer.Serialize(new
        {
            Organizations = await context.Organizations.OrderBy(o => o.Id).ToListAsync(),
            Places = await context.OrganizationMembers.OrderBy(m => m.UserId).ToListAsync(),
            Projects = await context.Projects.OrderBy(p => p.Id).ToListAsync(),
            Members = await context.ProjectMembers.OrderBy(m => m.UserId).ToListAsync(),
            Environments = await context.Environments.OrderBy(e => e.Name).ToListAsync(),
            Changes = await context.Changes.CountAsync(),
            Audit = await context.AuditEvents.CountAsync(),
        });
    }
}
