using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;
using Postern.Directory.Organizations;
using Postern.Directory.SingleSignOn;

namespace Postern.Web.Tests;

/// <summary>The pages of single sign-on, each looked at in the four ways.</summary>
[Collection(WebCollection.Name)]
public sealed class SsoPageTests(ChromiumFixture chromium) : IAsyncLifetime
{
    private LoginSite _site = null!;
    private Organization _acme = null!;

    public async Task InitializeAsync()
    {
        _site = await LoginSite.StartAsync();
        _acme = await _site.AddProjectAsync();
        var linus = await _site.AddPersonAsync("linus@example.com", "Linus", "Torvalds");
        var grace = await _site.AddPersonAsync("grace@elsewhere.example", "Grace", "Hopper");
        await _site.AddMemberAsync(_acme, linus, OrganizationRole.Member);
        await _site.AddMemberAsync(_acme, grace, OrganizationRole.Member);
    }

    public async Task DisposeAsync() => await _site.DisposeAsync();

    [Theory]
    [MemberData(nameof(Visit.Looks), MemberType = typeof(Visit))]
    public async Task Owner_SetsItUp(string name, int width, int height, bool isDark)
    {
        await using var visit = await Visit.BeginAsync(chromium, _site, name, width, height, isDark);
        await visit.SignInAsync();
        await visit.GoAsync($"/account/organizations/{_acme.Id}/security");
        await visit.FollowAsync("Set up single sign-on…");
        await Assertions.Expect(visit.Page.GetByText("postern-server sso domain add example.com acme")).ToBeVisibleAsync();
        await visit.CheckAsync("sso-pages-1-empty");
        foreach (var domain in new[] { "example.com", "a-rather-long-name-of-a-company.example" })
        {
            Assert.Null(await _site.Services.GetRequiredService<SsoDomains>().AssignAsync(domain, "acme", CancellationToken.None));
        }

        await visit.FollowAsync("Add a provider");
        await visit.CheckAsync("sso-pages-2-add");
        await visit.Page.GetByLabel("Name for people").FillAsync("Acme");
        await visit.Page.GetByLabel("Short name").FillAsync("Acme Inc");
        await visit.Page.GetByLabel("Issuer").FillAsync("http://login.acme.example");
        await visit.Page.GetByLabel("Client id").FillAsync("postern");
        await visit.Page.GetByLabel("Client secret").FillAsync("secret");
        await visit.Page.GetByLabel("example.com", new() { Exact = true }).CheckAsync();
        await visit.ClickAsync("Add provider");
        await visit.ExpectAlertAsync("The issuer is an address with https");
        await Assertions.Expect(visit.Page.GetByLabel("Client secret")).ToHaveValueAsync("");
        await visit.CheckAsync("sso-pages-3-faults");
        await visit.Page.GetByLabel("Short name").FillAsync("acme");
        await visit.Page.GetByLabel("Issuer").FillAsync("https://login.acme.example/realms/a-long-realm-name");
        await visit.Page.GetByLabel("Client secret").FillAsync("secret");
        await visit.ClickAsync("Add provider");
        await visit.ExpectStatusAsync("The provider is added. Test it, then sign in with it.");
        await visit.CheckAsync("sso-pages-4-added");

        await visit.Page.Locator("summary[aria-label='Require Acme']").ClickAsync();
        await visit.ClickAsync("Require Acme now");
        await visit.ExpectAlertAsync("Nobody has signed in with it yet");
        await _site.ChangeAsync(async context => (await context.IdentityProviders.SingleAsync()).IsEnforced = true);
        await _site.ChangeAsync(async context => (await context.OrganizationMembers.SingleAsync(m => m.UserId == _acme.OwnerId)).IsSsoExempt = true);
        await visit.GoAsync($"/account/organizations/{_acme.Id}/sso");
        await visit.ClickAsync("Exempt Linus Torvalds");
        await visit.ExpectStatusAsync("They may sign in without the provider.");
        await visit.CheckAsync("sso-pages-5-required");
        await visit.FollowAsync("Change Acme");
        await visit.CheckAsync("sso-pages-6-change");
        await visit.GoAsync($"/account/organizations/{_acme.Id}/security");
        await visit.CheckAsync("sso-pages-7-security");
        await visit.GoAsync($"/account/organizations/{_acme.Id}/sso");
        await visit.Page.Locator("summary[aria-label='Remove Acme']").ClickAsync();
        await visit.CheckAsync("sso-pages-8-remove");
        await visit.ClickAsync("Remove Acme now");
        await visit.ExpectStatusAsync("The provider is removed, and who came from there is signed out.");
    }

    [Theory]
    [MemberData(nameof(Visit.Looks), MemberType = typeof(Visit))]
    public async Task SignInPage_OffersIt(string name, int width, int height, bool isDark)
    {
        Assert.Null(await _site.Services.GetRequiredService<SsoDomains>().AssignAsync("example.com", "acme", CancellationToken.None));
        var change = new ProviderChange { Label = "Acme", Issuer = "https://login.acme.invalid", ClientId = "c", Secret = "s", Domains = ["example.com"] };
        await _site.Services.GetRequiredService<IdentityProviders>().AddAsync(null, _acme.Id, "acme", change, CancellationToken.None);
        await using var visit = await Visit.BeginAsync(chromium, _site, name, width, height, isDark);
        await visit.GoAsync("/login");
        await visit.CheckAsync("sso-sign-in-1");
        await visit.ClickAsync("Use single sign-on");
        await visit.ExpectAlertAsync("Enter your e-mail address; it says where you sign in.");
        await visit.Page.GetByLabel("E-mail address").FillAsync("linus@example.com");
        await visit.ClickAsync("Use single sign-on");
        await visit.ExpectHeadingAsync("You are not signed in");
        await visit.CheckAsync("sso-sign-in-2-down");
    }
}
