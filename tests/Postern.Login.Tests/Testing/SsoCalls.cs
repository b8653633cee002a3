using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Organizations;
using Postern.Directory.SingleSignOn;

namespace Postern.Login.Tests.Testing;

/// <summary>Sets providers up, and walks people through them.</summary>
internal static partial class SsoCalls
{
    public static LoginOptions Options => new() { Issuer = LoginServer.Issuer, SsoInternalHosts = ["127.0.0.1"] };

    /// <summary>An organization with the domain example.com, and this provider for it.</summary>
    public static async Task<Organization> AddProviderAsync(
        this LoginServer server, TestProvider provider, string name = "acme", string domain = "example.com", Func<ProviderChange, ProviderChange>? change = null)
    {
        var organization = await server.AddOrganizationAsync(server.User.Id, name, "Acme Inc.");
        Assert.Null(await server.Services.GetRequiredService<SsoDomains>().AssignAsync(domain, name, CancellationToken.None));
        var wanted = new ProviderChange
        {
            Label = "Acme",
            Issuer = provider.Issuer,
            ClientId = TestProvider.ClientId,
            Secret = TestProvider.Secret,
            Domains = [domain],
        };
        Assert.Equal(
            MembershipVerdict.Allowed,
            await Providers(server).AddAsync(null, organization.Id, name, change?.Invoke(wanted) ?? wanted, CancellationToken.None));
        return organization;
    }

    public static IdentityProviders Providers(LoginServer server) => server.Services.GetRequiredService<IdentityProviders>();

    /// <summary>Makes the provider the only way in.</summary>
    public static async Task EnforceAsync(this LoginServer server, string name = "acme", bool isEnforced = true)
    {
        await using var context = await server.Contexts.CreateDbContextAsync();
        (await context.IdentityProviders.SingleAsync(p => p.Name == name)).IsEnforced = isEnforced;
        await context.SaveChangesAsync();
    }

    /// <summary>The link to the provider that a page of ours shows.</summary>
    public static async Task<string> LeaveAsync(this Browser browser, string url = "/login/sso/acme")
    {
        var response = await browser.GetAsync(url);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var link = WebUtility.HtmlDecode(LinkAway().Match(await response.Content.ReadAsStringAsync()).Groups[1].Value);
        Assert.Equal("0; url=" + link, response.Headers.GetValues("Refresh").Single());
        return link;
    }

    /// <summary>The provider's answer to a link, as the browser brings it.</summary>
    public static string AnswerTo(this TestProvider provider, string link, string name = "acme") =>
        QueryHelpers.AddQueryString($"/login/sso/{name}/callback", new Dictionary<string, string?>
        {
            ["code"] = provider.Authorize(link),
            ["state"] = QueryHelpers.ParseQuery(new Uri(link).Query)["state"],
            ["iss"] = provider.Issuer,
        });

    /// <summary>There and back again.</summary>
    public static async Task<HttpResponseMessage> SignInAtAsync(this Browser browser, TestProvider provider, string url = "/login/sso/acme", string name = "acme") =>
        await browser.GetAsync(provider.AnswerTo(await browser.LeaveAsync(url), name));

    /// <summary>A client's whole log-in by way of the provider.</summary>
    public static async Task<System.Text.Json.Nodes.JsonObject> LogInAtAsync(this LoginServer server, TestProvider provider)
    {
        var browser = server.Browser();
        var url = OAuthCalls.AuthorizeUrl(("amr", "sso:acme"));
        var toProvider = await browser.GetAsync(url);
        Assert.StartsWith("/login/sso/acme?", toProvider.Headers.Location!.ToString(), StringComparison.Ordinal);
        var back = await browser.SignInAtAsync(provider, toProvider.Headers.Location.ToString());
        Assert.Equal(HttpStatusCode.SeeOther, back.StatusCode);
        var code = (await browser.AllowAsync(back.Headers.Location!.ToString()))["code"];
        var response = await server.ExchangeCodeAsync(code);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.JsonAsync();
    }

    /// <summary>Whether this browser is signed in.</summary>
    public static async Task<bool> IsSignedInAsync(this Browser browser) => (await browser.GetAsync("/account")).StatusCode == HttpStatusCode.OK;

    [GeneratedRegex("<a class=\"button primary\" href=\"(http[^\"]*)\"", RegexOptions.None, 1000)]
    private static partial Regex LinkAway();
}
