using Microsoft.Playwright;
using Postern.Directory.Organizations;

namespace Postern.Web.Tests;

/// <summary>An owner gives roles on a project, changes and takes them, in a real browser.</summary>
[Collection(WebCollection.Name)]
public sealed class ProjectPageTests(ChromiumFixture chromium) : IAsyncLifetime
{
    private LoginSite _site = null!;
    private Organization _acme = null!;

    public async Task InitializeAsync()
    {
        _site = await LoginSite.StartAsync();
        _acme = await _site.AddProjectAsync();
        await _site.AddMemberAsync(_acme, await _site.AddPersonAsync("linus@example.com", "Linus", "Torvalds"), OrganizationRole.Member);
        await _site.AddMemberAsync(
            _acme, await _site.AddPersonAsync("barbara.with.a.rather.long.address@example.com", "Barbara", "Liskov"), OrganizationRole.Member);
    }

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Theory]
    [MemberData(nameof(Visit.TwoLooks), MemberType = typeof(Visit))]
    public async Task Owner_GivesChangesAndTakesRoles(string name, int width, int height, bool isDark)
    {
        await using var visit = await Visit.BeginAsync(chromium, _site, name, width, height, isDark);
        await visit.SignInAsync();
        await visit.GoAsync($"/account/organizations/{_acme.Id}");
        await visit.FollowAsync("Projects");
        await visit.CheckAsync("projects-1-list");
        await visit.FollowAsync("Shop");
        await visit.ExpectHeadingAsync("Shop");
        await visit.CheckAsync("projects-2-nobody");

        await GiveAsync(visit, "stranger@example.com");
        await visit.ExpectAlertAsync("Acme Inc. has nobody of that name.");
        await Assertions.Expect(visit.Page.GetByLabel("E-mail address or machine user")).ToBeFocusedAsync();
        await visit.CheckAsync("projects-3-unknown");
        await GiveAsync(visit, "barbara.with.a.rather.long.address@example.com");
        await visit.ExpectStatusAsync("The role is given.");
        await GiveAsync(visit, "linus@example.com");
        await Assertions.Expect(visit.Page.GetByText("Production: viewer · staging: viewer · development: contributor")).ToHaveCountAsync(2);
        await visit.CheckAsync("projects-4-given");

        await visit.Page.Locator("summary[aria-label='Change the roles of Linus Torvalds']").ClickAsync();
        await visit.CheckAsync("projects-5-change");
        await visit.Page.Locator("details[open]").GetByLabel("On the whole project").SelectOptionAsync("admin");
        await visit.ClickAsync("Set the roles of Linus Torvalds");
        await visit.ExpectStatusAsync("The roles are changed.");
        await Assertions.Expect(visit.Page.GetByText("Everything, on all environments")).ToBeVisibleAsync();
        await visit.ConfirmAsync("Remove", "Barbara Liskov");
        await visit.ExpectStatusAsync("The roles are taken back.");

        // Linus, who administers the project now and not the organization.
        await using var other = await Visit.BeginAsync(chromium, _site, name, width, height, isDark);
        await other.SignInAsync("linus@example.com");
        await other.FollowAsync("Organizations");
        await other.CheckAsync("projects-6-organizations");
        await other.FollowAsync("Shop");
        await other.CheckAsync("projects-7-administrator");
        await other.ConfirmAsync("Give up", "your roles");
        await other.ExpectHeadingAsync("Organizations");
        await Assertions.Expect(other.Page.GetByText("Shop")).ToHaveCountAsync(0);
    }

    private static async Task GiveAsync(Visit visit, string who)
    {
        await visit.Page.Locator("#new-development").SelectOptionAsync("contributor");
        await visit.EnterAsync("E-mail address or machine user", who, "Give role");
    }
}
