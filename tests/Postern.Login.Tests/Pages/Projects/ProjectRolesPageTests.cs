using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Organizations;
using Postern.Directory.Projects;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Pages.Projects;

/// <summary>The page of roles on a project: who may give and take them, and what others try.</summary>
public sealed class ProjectRolesPageTests : IAsyncLifetime
{
    private LoginServer _server = null!;
    private Company _company = null!;

    private string Page => $"/account/projects/{_company.Project.Id}";

    public async Task InitializeAsync()
    {
        _server = await LoginServer.StartAsync();
        _company = await Company.CreateAsync(_server);
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("ada")]
    [InlineData("admin")]
    [InlineData("dev")]
    public async Task Roles_AreGivenChangedAndTaken(string actor)
    {
        if (actor == "dev")
        {
            await SetAsync("dev", new ProjectGrant(ProjectRole.Admin));
        }

        var browser = await _company.SignInAsync(actor);
        var given = await PostAsync(browser, "/roles", Roles("viewer", staging: "contributor", user: " Member@Example.com "));
        Assert.Equal($"{Page}?done=given", given.Headers.Location!.OriginalString);
        Assert.Equal(new ProjectGrant(ProjectRole.Viewer, Staging: EnvironmentRole.Contributor), await GrantOfAsync("member"));

        var member = await _company.UserIdAsync("member");
        var changed = await PostAsync(browser, $"/roles/{member}", Roles("admin"));
        Assert.Equal($"{Page}?done=changed", changed.Headers.Location!.OriginalString);
        Assert.Equal(new ProjectGrant(ProjectRole.Admin), await GrantOfAsync("member"));
        var removed = await PostAsync(browser, $"/roles/{member}/remove");
        Assert.Equal($"{Page}?done=removed", removed.Headers.Location!.OriginalString);
        Assert.Null(await GrantOfAsync("member"));
        var actorId = actor == "ada" ? _server.User.Id : await _company.UserIdAsync(actor);
        var records = await _server.QueryAsync(c => c.AuditEvents.Where(e => e.Action.StartsWith("project.")).ToListAsync());
        Assert.Equal(3, records.Count);
        Assert.All(records, record => Assert.Equal((actorId.ToString(), $"project {_company.Project.Id}"), (record.Actor, record.Subject)));
    }

    [Fact]
    public async Task MachineUser_GetsARoleByItsUserName()
    {
        var actor = new OrganizationActor(_server.User.Id, HasMfa: false, RequestId: null);
        var (machine, _) = await _server.Services.GetRequiredService<MachineUsers>().CreateAsync(actor, _company.Organization.Id, "bot", CancellationToken.None);
        var owner = await _company.SignInAsync("ada");
        Assert.Contains("<option value=\"machine:bot@acme\">", await TextAsync(owner), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, (await PostAsync(owner, "/roles", Roles("viewer", development: "contributor", user: "machine:bot@acme"))).StatusCode);
        Assert.Equal(
            EnvironmentRole.Contributor,
            await _server.QueryAsync(c => c.ProjectMembers.Where(m => m.UserId == machine!.Id).Select(m => m.DevelopmentRole).SingleAsync()));
    }

    [Theory]
    [InlineData("member", HttpStatusCode.NotFound)]
    [InlineData("eve", HttpStatusCode.NotFound)]
    [InlineData("dev", HttpStatusCode.Forbidden)]
    public async Task WhoDoesNotAdministerTheProject_GivesAndTakesNothing(string actor, HttpStatusCode status)
    {
        var browser = await _company.SignInAsync(actor, hasMfa: true);
        var ids = new[] { await _company.UserIdAsync("member"), await _company.UserIdAsync("admin") };
        await SetAsync("admin", new ProjectGrant(ProjectRole.Viewer));
        Assert.Equal(status, (await PostAsync(browser, "/roles", Roles("admin", user: $"{actor}@example.com"))).StatusCode);
        foreach (var path in ids.Append(await _company.UserIdAsync(actor)).Select(id => $"/roles/{id}").Append($"/roles/{ids[1]}/remove"))
        {
            Assert.Equal((path, status), (path, (await PostAsync(browser, path, Roles("admin"))).StatusCode));
        }

        Assert.Equal(new ProjectGrant(ProjectRole.Viewer), await GrantOfAsync("admin"));
        Assert.Null(await GrantOfAsync("member"));
        Assert.Equal(actor == "dev" ? new ProjectGrant(ProjectRole.Viewer) : null, await GrantOfAsync(actor));
    }

    [Fact]
    public async Task Page_IsForWhoHasARole_AndKeepsMembersFromWhoHasNoPlace()
    {
        Assert.Equal(HttpStatusCode.NotFound, (await (await _company.SignInAsync("eve")).GetAsync(Page)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await (await _company.SignInAsync("member")).GetAsync(Page)).StatusCode);
        var dev = await TextAsync(await _company.SignInAsync("dev"));
        Assert.Contains("dev@example.com", dev, StringComparison.Ordinal);
        Assert.DoesNotContain("Give somebody a role", dev, StringComparison.Ordinal);
        await SetAsync("dev", new ProjectGrant(ProjectRole.Admin));
        dev = await TextAsync(await _company.SignInAsync("dev"));
        Assert.Contains("Give somebody a role", dev, StringComparison.Ordinal);
        Assert.DoesNotContain("member@example.com", dev, StringComparison.Ordinal);
        Assert.DoesNotContain("administer all its projects:", dev, StringComparison.Ordinal);
        Assert.Contains("member@example.com", await TextAsync(await _company.SignInAsync("ada")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("nobody@example.com")]
    [InlineData("eve@example.com")]
    [InlineData("machine:ci@acme")]
    [InlineData("")]
    public async Task WhoHasNoPlace_GetsNoRole_AndIsNotToldFromNobody(string who)
    {
        var response = await PostAsync(await _company.SignInAsync("ada"), "/roles", Roles("viewer", user: who));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("Acme Inc. has nobody of that name.", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(1, await _server.QueryAsync(c => c.ProjectMembers.CountAsync()));
    }

    [Theory]
    [InlineData("owner", "viewer")]
    [InlineData("", "viewer")]
    [InlineData("viewer", "")]
    [InlineData("viewer", "owner")]
    [InlineData("viewer", "admin:admin")]
    [InlineData("viewer", "viewer,admin")]
    public async Task RolesThatDoNotExist_AreRefused(string role, string production)
    {
        var owner = await _company.SignInAsync("ada");
        var dev = await _company.UserIdAsync("dev");
        var response = await PostAsync(owner, $"/roles/{dev}", Roles(role, production));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("Choose the roles.", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(new ProjectGrant(ProjectRole.Viewer), await GrantOfAsync("dev"));
    }

    [Fact]
    public async Task WhoHasRolesAlready_IsNotGivenOthersByTheFormForNewOnes()
    {
        await SetAsync("dev", new ProjectGrant(ProjectRole.Admin));
        var response = await PostAsync(await _company.SignInAsync("ada"), "/roles", Roles("viewer", user: "dev@example.com"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal(new ProjectGrant(ProjectRole.Admin), await GrantOfAsync("dev"));
    }

    [Fact]
    public async Task Forms_OfAnotherSiteOrWithoutARecentProof_DoNothing()
    {
        var owner = await _company.SignInAsync("ada");
        var dev = await _company.UserIdAsync("dev");
        foreach (var path in new[] { "/roles", $"/roles/{dev}", $"/roles/{dev}/remove" })
        {
            Assert.Equal((path, HttpStatusCode.BadRequest), (path, (await owner.PostAsync(Page + path, Roles("admin", user: "member@example.com"))).StatusCode));
        }

        _server.Clock.Advance(TimeSpan.FromHours(1));
        foreach (var path in new[] { "/roles", $"/roles/{dev}", $"/roles/{dev}/remove" })
        {
            var response = await PostAsync(owner, path, Roles("admin", user: "member@example.com"));
            Assert.Equal((path, "/login/confirm?return_url=" + Uri.EscapeDataString($"{Page}?again=1")), (path, response.Headers.Location?.OriginalString));
        }

        Assert.Equal(new ProjectGrant(ProjectRole.Viewer), await GrantOfAsync("dev"));
        Assert.Null(await GrantOfAsync("member"));
    }

    [Fact]
    public async Task RequiredMfa_ClosesThePageAndLeadsToIt()
    {
        await SetAsync("admin", new ProjectGrant(ProjectRole.Viewer));
        var admin = await _company.SignInAsync("admin");
        await _company.RequireMfaAsync();
        var page = await admin.GetAsync(Page);
        Assert.Equal(HttpStatusCode.Forbidden, page.StatusCode);
        Assert.Contains("href=\"/account/security/new?return_url=" + Uri.EscapeDataString(Page), await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, (await PostAsync(admin, "/roles", Roles("admin", user: "member@example.com"))).StatusCode);
        Assert.Null(await GrantOfAsync("member"));
    }

    [Fact]
    public async Task People_GiveUpTheirOwnRoles_AndNobodyElses()
    {
        var browser = await _company.SignInAsync("dev");
        var response = await PostAsync(browser, $"/roles/{await _company.UserIdAsync("dev")}/remove");
        Assert.Equal("/account/organizations", response.Headers.Location!.OriginalString);
        Assert.Null(await GrantOfAsync("dev"));
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync(Page)).StatusCode);
    }

    [Fact]
    public async Task Projects_AreListedForWhoMaySeeThem()
    {
        var path = $"{_company.Page}/projects";
        Assert.Contains(Page, await ReadAsync(await _company.SignInAsync("admin"), path), StringComparison.Ordinal);
        Assert.Contains("None yet.", await ReadAsync(await _company.SignInAsync("member"), path), StringComparison.Ordinal);
        var dev = await _company.SignInAsync("dev");
        Assert.Equal(HttpStatusCode.NotFound, (await dev.GetAsync(path)).StatusCode);
        Assert.Contains(Page, await ReadAsync(dev, "/account/organizations"), StringComparison.Ordinal);
        Assert.DoesNotContain(Page, await ReadAsync(await _company.SignInAsync("eve"), "/account/organizations"), StringComparison.Ordinal);
    }

    private static (string Name, string Value)[] Roles(
        string role, string production = "viewer", string staging = "viewer", string development = "viewer", string user = "") =>
        [("user", user), ("role", role), ("production", production), ("staging", staging), ("development", development)];

    private async Task SetAsync(string name, ProjectGrant grant)
    {
        var id = await _company.UserIdAsync(name);
        var now = _server.Clock.GetUtcNow();
        await _server.QueryAsync(async c =>
        {
            var member = await c.ProjectMembers.SingleOrDefaultAsync(m => m.UserId == id);
            if (member is null)
            {
                member = new ProjectMember { ProjectId = _company.Project.Id, UserId = id, CreatedAt = now, UpdatedAt = now };
                c.Add(member);
            }

            member.Role = grant.Role;
            return await c.SaveChangesAsync();
        });
    }

    private async Task<ProjectGrant?> GrantOfAsync(string name)
    {
        var id = await _company.UserIdAsync(name);
        return await _server.QueryAsync(c => c.ProjectMembers.SingleOrDefaultAsync(m => m.UserId == id)) is { } member
            ? ProjectGrant.Of(member)
            : null;
    }

    private Task<HttpResponseMessage> PostAsync(Browser browser, string path, params (string Name, string Value)[] fields) =>
        browser.SubmitAsync("/account/ssh-keys", Page + path, fields);

    private Task<string> TextAsync(Browser browser) => ReadAsync(browser, Page);

    private static async Task<string> ReadAsync(Browser browser, string path)
    {
        var response = await browser.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }
}
