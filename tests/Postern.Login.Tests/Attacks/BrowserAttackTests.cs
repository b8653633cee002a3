using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Attacks;

/// <summary>
/// Attacks through the browser of somebody who is signed in, against every route that the server has now: a page that is
/// added later is attacked too.
/// </summary>
public sealed class BrowserAttackTests : IAsyncLifetime
{
    /// <summary>Routes that programs call: they read no cookie, so a browser that is sent there brings nothing.</summary>
    private static readonly string[] ForPrograms =
        ["/oauth2/token", "/oauth2/revoke", "/oauth2/device_authorization", "/oauth2/introspect", "/.well-known/oauth-authorization-server", "/oauth2/keys", "/ssh/authority"];

    private LoginServer _server = null!;

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Csrf_NoFormIsTakenWithoutItsToken()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        var victim = browser.Cookie("__Host-postern-session");
        var routes = Routes("POST");
        Assert.Contains("/device", routes);
        Assert.True(routes.Count > 5);
        foreach (var url in routes)
        {
            foreach (var token in new[] { "", "CfDJ8AAAAAAAAAAAAAAAAAAAAAAAAAAA", await TokenOfAnotherAsync() })
            {
                var answer = await browser.PostAsync(
                    url, ("form_token", token), ("decision", "allow"), ("email", LoginServer.Email), ("password", LoginServer.Password), ("return_url", "/account"));
                var isRefused = answer.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.Forbidden or HttpStatusCode.NotFound
                    || (answer.StatusCode == HttpStatusCode.SeeOther && answer.Headers.Location!.OriginalString.StartsWith("/login", StringComparison.Ordinal))
                    || (url == "/setup" && answer.Headers.Location?.OriginalString == "/"); // There is an administrator: the page is gone.
                Assert.True(isRefused, $"POST {url} was answered with {(int)answer.StatusCode} {answer.Headers.Location}");
                Assert.DoesNotContain(browser.LastSetCookies, c => c.StartsWith("__Host-postern-session=", StringComparison.Ordinal));
            }
        }

        Assert.Equal(victim, browser.Cookie("__Host-postern-session"));
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).StatusCode);
    }

    [Fact]
    public async Task Clickjacking_NoPageMayBeFramed()
    {
        var browser = _server.Browser();
        var pages = 0;
        foreach (var isSignedIn in new[] { false, true })
        {
            if (isSignedIn)
            {
                await browser.SignInAsync();
            }

            foreach (var url in Routes("GET"))
            {
                var answer = await browser.GetAsync(url);
                if (answer.Content.Headers.ContentType?.MediaType != "text/html")
                {
                    continue;
                }

                pages++;
                Assert.True(answer.Headers.TryGetValues("X-Frame-Options", out var frame) && frame.Single() == "DENY", url);
                Assert.True(answer.Headers.TryGetValues("Content-Security-Policy", out var policy), url);
                Assert.Contains("frame-ancestors 'none'", policy!.Single(), StringComparison.Ordinal);
                Assert.Contains("form-action 'self'", policy!.Single(), StringComparison.Ordinal);
                Assert.True(answer.Headers.CacheControl!.NoStore, url);
            }
        }

        Assert.True(pages > 8);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/device?x")]
    [InlineData("/device@evil.example?x")]
    [InlineData("/device.evil.example/")]
    [InlineData("/device?x=1\r\nLocation: https://evil.example")]
    [InlineData("/\\evil.example/device?")]
    [InlineData("https:/device?")]
    public async Task OpenRedirect_EveryReturnUrlStaysHere(string returnUrl)
    {
        foreach (var url in Routes("GET"))
        {
            foreach (var name in new[] { "return_url", "returnUrl", "next", "redirect", "redirect_uri", "continue", "url" })
            {
                var browser = _server.Browser();
                var answer = await browser.GetAsync($"{url}?{name}={Uri.EscapeDataString(returnUrl)}");
                Assert.True(answer.Headers.Location is null || answer.Headers.Location.OriginalString.StartsWith('/'), $"{url} {name}");
                Assert.False(answer.Headers.Location?.OriginalString.StartsWith("//", StringComparison.Ordinal) == true, $"{url} {name}");
            }
        }

        var person = _server.Browser();
        var page = await (await person.GetAsync("/login?return_url=" + Uri.EscapeDataString(returnUrl))).Content.ReadAsStringAsync();
        var signedIn = await person.PostAsync(
            "/login", [.. Browser.HiddenFields(page).Where(f => f.Name != "return_url"), ("return_url", returnUrl), ("email", LoginServer.Email), ("password", LoginServer.Password)]);
        Assert.Equal("/account", signedIn.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task SessionFixation_ACookieThatWasPlantedNeverBecomesThePersons()
    {
        await _server.CreateUserAsync("mallory@example.com", "another long password");
        var mallory = _server.Browser();
        await mallory.SignInAsync("mallory@example.com", "another long password");
        var planted = mallory.Cookie("__Host-postern-session");
        var victim = _server.Browser();
        victim.SetCookie("__Host-postern-session", planted);
        await victim.SignInAsync();
        Assert.NotEqual(planted, victim.Cookie("__Host-postern-session"));
        Assert.Contains(LoginServer.Email, await (await victim.GetAsync("/account")).Content.ReadAsStringAsync(), StringComparison.Ordinal);

        // The planted session is over, for Mallory too.
        Assert.Equal(HttpStatusCode.SeeOther, (await mallory.GetAsync("/account")).StatusCode);
    }

    private async Task<string> TokenOfAnotherAsync()
    {
        var page = await (await _server.Browser().GetAsync("/login")).Content.ReadAsStringAsync();
        return Browser.HiddenFields(page).Single(f => f.Name == "form_token").Value;
    }

    /// <summary>The routes of pages, with their parameters filled in.</summary>
    private List<string> Routes(string method) =>
    [
        .. _server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Contains(method) == true)
            .Where(e => e.Metadata.GetMetadata<IAuthorizeData>() is null) // With a bearer token, which no browser sends by itself.
            .Select(e => Fill(e.RoutePattern.RawText!))
            .Where(url => !ForPrograms.Contains(url) && !url.StartsWith("/assets/", StringComparison.Ordinal))
            .Distinct(),
    ];

    private static string Fill(string pattern) => System.Text.RegularExpressions.Regex.Replace(
        pattern,
        "\\{([^}]*)\\}",
        match => match.Groups[1].Value.Contains("guid", StringComparison.Ordinal) ? "11111111-1111-1111-1111-111111111111"
            : match.Groups[1].Value.Contains("int", StringComparison.Ordinal) || match.Groups[1].Value.Contains("long", StringComparison.Ordinal) ? "1" : "x",
        System.Text.RegularExpressions.RegexOptions.None,
        TimeSpan.FromSeconds(1));
}
