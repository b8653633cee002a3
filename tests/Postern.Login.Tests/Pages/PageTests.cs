using System.Net;
using Microsoft.EntityFrameworkCore;
using Postern.Login.Pages;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Pages;

/// <summary>Headers, cookies, redirects and the account page.</summary>
public sealed class PageTests : IAsyncLifetime
{
    private LoginServer _server = null!;

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("/")]
    [InlineData("/login")]
    [InlineData("/oauth2/authorize?client_id=unknown")]
    [InlineData("/account")]
    [InlineData("/account/sessions")]
    [InlineData("/account/approvals")]
    [InlineData("/user/logout")]
    [InlineData("/device")]
    [InlineData("/device?decision=allow")]
    public async Task EveryPage_IsLockedDown(string url)
    {
        var browser = _server.Browser();
        if (url is "/account" or "/account/sessions" or "/account/approvals" or "/user/logout" || url.StartsWith("/device", StringComparison.Ordinal))
        {
            await browser.SignInAsync();
        }

        var response = await browser.GetAsync(url);
        var policy = Header(response, "Content-Security-Policy");
        Assert.StartsWith("default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Header(response, "X-Content-Type-Options"));
        Assert.Equal("no-referrer", Header(response, "Referrer-Policy"));
        Assert.Equal("DENY", Header(response, "X-Frame-Options"));
        Assert.True(response.Headers.CacheControl!.NoStore);
        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("<!DOCTYPE html>", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cookies_AreBoundToTheHostAndOutOfReachOfScripts()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        var session = Assert.Single(browser.LastSetCookies, c => c.StartsWith("__Host-postern-session=", StringComparison.Ordinal));
        foreach (var attribute in new[] { "path=/", "secure", "samesite=lax", "httponly" })
        {
            Assert.Contains(attribute, session, StringComparison.OrdinalIgnoreCase);
        }

        Assert.DoesNotContain("domain=", session, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("expires=", session, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task ByHttp_CookiesHaveNoHostPrefix()
    {
        await using var server = await LoginServer.StartAsync(new LoginOptions { Issuer = "http://127.0.0.1:8080" });
        var browser = server.Browser();
        await browser.GetAsync("/login");
        Assert.Contains(browser.LastSetCookies, c => c.StartsWith("postern-form=", StringComparison.Ordinal) && !c.Contains("secure", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SigningIn_MakesANewSessionAndEndsThePreviousOne()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        var first = browser.Cookie("__Host-postern-session");
        await browser.SignInAsync();
        var thief = _server.Browser();
        thief.SetCookie("__Host-postern-session", first);
        Assert.Equal(HttpStatusCode.SeeOther, (await thief.GetAsync("/account")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).StatusCode);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("CfDJ8AAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task InventedCookie_SignsNobodyIn(string value)
    {
        var browser = _server.Browser();
        browser.SetCookie("__Host-postern-session", value);
        Assert.Equal("/login?return_url=%2Faccount", (await browser.GetAsync("/account")).Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task SessionOfAnotherClient_IsNoBrowserSession()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        await _server.QueryAsync(c => c.Sessions.ExecuteUpdateAsync(row => row.SetProperty(s => s.ClientId, "postern-cli")));
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync("/account")).StatusCode);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    [InlineData("/login")]
    [InlineData("/oauth2/authorize")]
    [InlineData("/oauth2/authorize@evil.example?x")]
    [InlineData("/oauth2/authorize?x=1\r\nSet-Cookie: a=b")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/account/../evil")]
    [InlineData("/account/x?next=//evil.example")]
    [InlineData("/account/x?return_url=/account/y?return_url=/account/z")]
    [InlineData("/account/x?return_url=/oauth2/authorize?a=b&next=//evil.example")]
    [InlineData("/account/\\\\evil.example")]
    [InlineData("/accounts")]
    [InlineData(" /oauth2/authorize?x")]
    [InlineData("")]
    [InlineData(null)]
    public void ReturnUrl_LeadsNowhereElse(string? url) => Assert.Equal("/account", SignInLink.SafeReturnUrl(url));

    [Theory]
    [InlineData("/account/sessions")]
    [InlineData("/account/organizations/01JD0000000000000000000000/security")]
    public void ReturnUrl_LeadsBackToAPageOfTheAccount(string url) => Assert.Equal(url, SignInLink.SafeReturnUrl(url));

    [Fact]
    public async Task SignIn_WithAForeignReturnUrl_GoesToTheAccount()
    {
        var browser = _server.Browser();
        var response = await browser.SignInAsync(page: "/login?return_url=" + Uri.EscapeDataString("https://evil.example/"));
        Assert.Equal("/account", response.Headers.Location!.OriginalString);
        var fields = Browser.HiddenFields(await (await browser.GetAsync("/login")).Content.ReadAsStringAsync())
            .Where(f => f.Name != "return_url");
        response = await browser.PostAsync(
            "/login", [.. fields, ("return_url", "//evil.example"), ("email", LoginServer.Email), ("password", LoginServer.Password)]);
        Assert.Equal("/account", response.Headers.Location!.OriginalString);
    }

    [Theory]
    [InlineData("/login")]
    [InlineData("/user/logout")]
    [InlineData("/account/sessions/end-others")]
    [InlineData("/account/approvals/end-all")]
    [InlineData("/account/approvals/11111111-1111-1111-1111-111111111111/end")]
    [InlineData("/account/sessions/11111111-1111-1111-1111-111111111111/end")]
    public async Task FormOfAnotherSite_IsRefused(string url)
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        var response = await browser.PostAsync(url, ("email", LoginServer.Email), ("password", LoginServer.Password));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("This page is out of date", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).StatusCode);
    }

    [Fact]
    public async Task SigningOut_EndsTheSessionForEveryCopyOfTheCookie()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        var copy = _server.Browser();
        copy.SetCookie("__Host-postern-session", browser.Cookie("__Host-postern-session"));
        Assert.Equal(HttpStatusCode.OK, (await copy.GetAsync("/account")).StatusCode);
        var response = await browser.SubmitAsync("/user/logout", "/user/logout");
        Assert.Equal("/?signed_out=1", response.Headers.Location!.OriginalString);
        Assert.Contains("You are signed out", await (await browser.GetAsync("/?signed_out=1")).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, (await copy.GetAsync("/account")).StatusCode);
    }

    [Fact]
    public async Task Sessions_AreShownAndOneIsEnded()
    {
        var tokens = await _server.LogInAsync();
        var browser = _server.Browser();
        await browser.SignInAsync();
        var page = await (await browser.GetAsync("/account/sessions")).Content.ReadAsStringAsync();
        Assert.Contains("Postern command line", page, StringComparison.Ordinal);
        Assert.Contains("this browser", page, StringComparison.Ordinal);
        var sid = OAuthCalls.PayloadOf(tokens.Text("access_token")).Text("sid");
        var response = await browser.SubmitAsync("/account/sessions", $"/account/sessions/{sid}/end");
        Assert.Equal("/account/sessions?ended=one", response.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
    }

    [Fact]
    public async Task Sessions_EndAllOthersButNoOneElses()
    {
        await _server.CreateUserAsync("eve@example.com", "another long password");
        var eve = _server.Browser();
        await eve.SignInAsync("eve@example.com", "another long password");
        var tokens = await _server.LogInAsync();
        var browser = _server.Browser();
        await browser.SignInAsync();
        await browser.SubmitAsync("/account/sessions", "/account/sessions/end-others");
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await eve.GetAsync("/account")).StatusCode);
    }

    [Fact]
    public async Task SessionOfAnotherPerson_CannotBeEnded()
    {
        var tokens = await _server.LogInAsync();
        await _server.CreateUserAsync("eve@example.com", "another long password");
        var eve = _server.Browser();
        await eve.SignInAsync("eve@example.com", "another long password");
        var sid = OAuthCalls.PayloadOf(tokens.Text("access_token")).Text("sid");
        await eve.SubmitAsync("/account/sessions", $"/account/sessions/{sid}/end");
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
    }

    [Fact]
    public async Task BrowserSession_EndsAfterSevenDaysWithoutUse()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        _server.Clock.Advance(TimeSpan.FromDays(6));
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).StatusCode);
        _server.Clock.Advance(TimeSpan.FromDays(6));
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/account")).StatusCode);
        _server.Clock.Advance(TimeSpan.FromDays(7));
        Assert.Equal(HttpStatusCode.SeeOther, (await browser.GetAsync("/account")).StatusCode);
    }

    [Fact]
    public async Task HostileNames_AreShownAsText()
    {
        await _server.QueryAsync(c => c.Users.ExecuteUpdateAsync(row => row.SetProperty(u => u.FirstName, "<img src=x onerror=alert(1)>")));
        var browser = _server.Browser();
        await browser.SignInAsync();
        foreach (var url in new[] { "/account", OAuthCalls.AuthorizeUrl() })
        {
            Assert.DoesNotContain("<img src=x", await (await browser.GetAsync(url)).Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Assets_AreCachedForEver()
    {
        using var client = _server.Client();
        var response = await client.GetAsync(PageAssets.StyleSheetUrl);
        Assert.Equal("text/css", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains("immutable", response.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        Assert.Equal("image/svg+xml", (await client.GetAsync(PageAssets.IconUrl)).Content.Headers.ContentType!.MediaType);
    }

    private static string Header(HttpResponseMessage response, string name) => response.Headers.GetValues(name).Single();
}
