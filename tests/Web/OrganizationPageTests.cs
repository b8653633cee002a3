using Microsoft.EntityFrameworkCore;
using Microsoft.Playwright;
using Postern.Directory.Organizations;

namespace Postern.Web.Tests;

/// <summary>An owner looks after an organization, in a real browser.</summary>
[Collection(WebCollection.Name)]
public sealed class OrganizationPageTests(ChromiumFixture chromium) : IAsyncLifetime
{
    private LoginSite _site = null!;
    private Organization _acme = null!;

    public async Task InitializeAsync()
    {
        _site = await LoginSite.StartAsync();
        _acme = await _site.AddProjectAsync();
        var grace = await _site.AddPersonAsync("grace@example.com", "Grace", "Hopper");
        var linus = await _site.AddPersonAsync("linus@example.com", "Linus", "Torvalds");
        var barbara = await _site.AddPersonAsync("barbara.with.a.rather.long.address@example.com", "Barbara", "Liskov");
        await _site.AddMemberAsync(_acme, grace, OrganizationRole.Admin, hasMfa: true);
        await _site.AddMemberAsync(_acme, linus, OrganizationRole.Member);
        await _site.AddMemberAsync(_acme, barbara, OrganizationRole.Member);
    }

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Theory]
    [MemberData(nameof(Visit.Looks), MemberType = typeof(Visit))]
    public async Task Owner_WalksThroughTheOrganization(string name, int width, int height, bool isDark)
    {
        await using var visit = await Visit.BeginAsync(chromium, _site, name, width, height, isDark);
        await visit.SignInAsync();
        await visit.FollowAsync("Organizations");
        await visit.CheckAsync("organizations-1-list");
        await visit.FollowAsync("Acme Inc.");
        await visit.ExpectHeadingAsync("Acme Inc.");
        await visit.CheckAsync("organizations-2-members");

        await visit.Page.Locator("summary[aria-label='Manage Linus Torvalds']").ClickAsync();
        await visit.CheckAsync("organizations-3-manage");
        await visit.Page.GetByLabel("Role", new() { Exact = true }).And(visit.Page.Locator("details[open] select")).SelectOptionAsync("admin");
        await visit.ClickAsync("Change the role of Linus Torvalds");
        await visit.ExpectStatusAsync("The role is changed.");

        await visit.Page.Locator("summary[aria-label='Manage Ada Lovelace']").ClickAsync();
        await visit.ClickAsync("Remove Ada Lovelace");
        await visit.ExpectAlertAsync("An organization keeps at least one owner.");
        await visit.CheckAsync("organizations-4-last-owner");

        await visit.Page.GetByLabel("E-mail address").FillAsync("new@example.com");
        await visit.ClickAsync("Invite");
        await Assertions.Expect(visit.Page.GetByText("This server sends no mail.")).ToBeVisibleAsync();
        await visit.CheckAsync("organizations-5-invited");

        await visit.FollowAsync("Machines");
        await visit.Page.GetByLabel("Name").FillAsync("deploy-bot");
        await visit.ClickAsync("Make machine user");
        await Assertions.Expect(visit.Page.GetByText("API tokens of the machine user")).ToBeVisibleAsync();
        await visit.CheckAsync("organizations-6-machine-tokens");
        await visit.Page.GetByLabel("Name").FillAsync("deploys");
        await visit.ClickAsync("Make token");
        Assert.StartsWith("pst_", await visit.Page.GetByLabel("Token", new() { Exact = true }).InputValueAsync(), StringComparison.Ordinal);
        await visit.FollowAsync("Machines");
        await visit.CheckAsync("organizations-7-machines");
    }

    [Theory]
    [MemberData(nameof(Visit.TwoLooks), MemberType = typeof(Visit))]
    public async Task Owner_SwitchesEnforcementOnWhenTheyHaveMfa(string name, int width, int height, bool isDark)
    {
        await using var visit = await Visit.BeginAsync(chromium, _site, name, width, height, isDark);
        await visit.SignInAsync();
        await visit.GoAsync($"/account/organizations/{_acme.Id}/security");
        await Assertions.Expect(visit.Page.GetByText("1 of 4 people have a second factor.")).ToBeVisibleAsync();
        await Assertions.Expect(visit.Page.GetByText("Only somebody who signed in with a second factor can require one of others.")).ToBeVisibleAsync();
        await visit.CheckAsync("organizations-security-1-without");

        // The sign-in with a second factor is walked through in the tests of the factors.
        await _site.ChangeAsync(async context =>
        {
            var ada = await context.Users.SingleAsync(u => u.Email == LoginSite.Email);
            ada.TwoFactorEnabled = true;
            foreach (var session in await context.Sessions.Where(s => s.UserId == ada.Id).ToListAsync())
            {
                session.Amr = "pwd mfa otp";
            }
        });
        await visit.Page.ReloadAsync();
        await visit.CheckAsync("organizations-security-2-with");
        await visit.FollowAsync("Require MFA…");
        await Assertions.Expect(visit.Page.GetByText("2 people have none yet")).ToBeVisibleAsync();
        await visit.CheckAsync("organizations-security-3-question");
        await visit.ClickAsync("Require MFA");
        await visit.ExpectStatusAsync("MFA is required from now on.");
        await visit.CheckAsync("organizations-security-4-required");

        await using var other = await Visit.BeginAsync(chromium, _site, name, width, height, isDark);
        await other.SignInAsync("linus@example.com");
        await other.GoAsync($"/account/organizations/{_acme.Id}");
        await other.ExpectHeadingAsync("Acme Inc. requires multi-factor authentication");
        await other.CheckAsync("organizations-security-5-refused");
    }
}
