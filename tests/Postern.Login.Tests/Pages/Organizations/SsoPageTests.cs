using System.Net;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Organizations;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Pages.Organizations;

/// <summary>Who may look after providers, and with what proof.</summary>
public sealed class SsoPageTests : IAsyncLifetime
{
    private LoginServer _server = null!;
    private TestProvider _provider = null!;
    private Organization _acme = null!;

    private string Page => $"/account/organizations/{_acme.Id}/sso";

    public async Task InitializeAsync()
    {
        _server = await LoginServer.StartAsync(SsoCalls.Options);
        _provider = await TestProvider.StartAsync(_server.Clock);
        _acme = await _server.AddProviderAsync(_provider);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task Administrator_TestsAndChanges_WithoutSeeingTheSecret()
    {
        var browser = await SignInAsync();
        var page = await browser.PostAsync(Page, await TokenOfAsync(browser, Page), ("name", "acme"), ("decision", "test"));
        Assert.Contains("Acme answers", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        var form = Page + "/providers/acme";
        Assert.DoesNotContain(TestProvider.Secret, await (await browser.GetAsync(form)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        var before = await _server.QueryAsync(c => c.IdentityProviders.Select(p => p.ProtectedSecret).SingleAsync());
        var saved = await browser.SubmitAsync(
            form, form, ("label", "Acme Corp."), ("issuer", _provider.Issuer), ("client_id", TestProvider.ClientId), ("client_secret", ""), ("domain", "example.com"), ("trusts_mfa", "on"));
        Assert.Equal(HttpStatusCode.SeeOther, saved.StatusCode);
        var provider = await _server.QueryAsync(c => c.IdentityProviders.SingleAsync());
        Assert.Equal(("Acme Corp.", true, false), (provider.Label, provider.IsTrustedForMfa, provider.CreatesPeople));
        Assert.Equal(before, provider.ProtectedSecret);
        Assert.Equal(1, await _server.QueryAsync(c => c.AuditEvents.CountAsync(e => e.Action == "sso.provider.changed" && e.Actor == _server.User.Id.ToString())));
    }

    [Theory]
    [InlineData("issuer", "http://127.0.0.2:9000")]
    [InlineData("issuer", "https://login.example/?tenant=x")]
    [InlineData("domain", "gmail.com")]
    [InlineData("name", "Not A Name")]
    [InlineData("name", "acme")]
    [InlineData("client_secret", "")]
    [InlineData("label", "two\nlines")]
    public async Task BadProvider_IsRefused(string field, string value)
    {
        var fields = new Dictionary<string, string>
        {
            ["label"] = "Other",
            ["name"] = "other",
            ["issuer"] = "https://login.example",
            ["client_id"] = "c",
            ["client_secret"] = "s",
        };
        fields[field] = value;
        var answer = await (await SignInAsync()).SubmitAsync(Page + "/new", Page + "/new", [.. fields.Select(f => (f.Key, f.Value))]);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal(1, await _server.QueryAsync(c => c.IdentityProviders.CountAsync()));
    }

    [Fact]
    public async Task WithoutARecentProof_ItIsAskedForFirst()
    {
        var browser = await SignInAsync();
        _server.Clock.Advance(TimeSpan.FromMinutes(6));
        foreach (var path in new[] { Page, Page + "/new", Page + "/providers/acme" })
        {
            var response = await browser.GetAsync(path);
            Assert.StartsWith("/login/confirm?return_url=", response.Headers.Location!.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task OthersProviders_AreNotThere()
    {
        var eve = await _server.CreateUserAsync("eve@elsewhere.example", "another long password");
        var other = await _server.AddOrganizationAsync(eve.Id, "other", "Other");
        await _server.AddMemberAsync(_acme.Id, eve.Id, OrganizationRole.Member);
        var browser = _server.Browser();
        await browser.SignInAsync("eve@elsewhere.example", "another long password");
        Assert.Equal(HttpStatusCode.Forbidden, (await browser.GetAsync(Page)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync($"/account/organizations/{other.Id}/sso/providers/acme")).StatusCode);
        var own = $"/account/organizations/{other.Id}/sso";
        await browser.PostAsync(own, await TokenOfAsync(browser, own + "/new"), ("name", "acme"), ("decision", "remove"));
        Assert.Equal(1, await _server.QueryAsync(c => c.IdentityProviders.CountAsync()));
    }

    // The page has many forms; this is what they have in common.
    private static async Task<(string Name, string Value)> TokenOfAsync(Browser browser, string page) =>
        Browser.HiddenFields(await (await browser.GetAsync(page)).Content.ReadAsStringAsync()).First(field => field.Name == "form_token");

    private async Task<Browser> SignInAsync()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        return browser;
    }
}
