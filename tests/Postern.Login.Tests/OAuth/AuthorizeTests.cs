using System.Net;
using System.Text.RegularExpressions;
using Postern.Login.Tests.Testing;
using static Postern.Login.Tests.Testing.OAuthCalls;

namespace Postern.Login.Tests.OAuth;

/// <summary>The rules of the authorization endpoint.</summary>
public sealed partial class AuthorizeTests : IAsyncLifetime
{
    private LoginServer _server = null!;
    private Browser _browser = null!;

    public async Task InitializeAsync()
    {
        _server = await LoginServer.StartAsync();
        _browser = _server.Browser();
        await _browser.SignInAsync();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task SignedInPerson_SeesWhoAsksForWhat()
    {
        var response = await _browser.GetAsync(AuthorizeUrl());
        var page = await response.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("Postern command line", page, StringComparison.Ordinal);
        Assert.Contains("Ada Lovelace", page, StringComparison.Ordinal);
        Assert.Contains("http://127.0.0.1:5000", page, StringComparison.Ordinal);
        Assert.Contains("up to 30 days", page, StringComparison.Ordinal);
        Assert.Contains("certificates that last 1 hour", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Allow_RedirectsWithCodeStateAndIssuer()
    {
        var url = AuthorizeUrl();
        var response = await _browser.SubmitAsync(url, url, ("decision", "allow"));
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.StartsWith("http://127.0.0.1:5000/?code=pac_", response.Headers.Location!.OriginalString, StringComparison.Ordinal);
        var query = QueryOf(response);
        Assert.Equal("st-1", query["state"]);
        Assert.Equal(LoginServer.Issuer, query["iss"]);
        Assert.Equal(3, query.Count);
    }

    [Theory]
    [InlineData("deny")]
    [InlineData("")]
    [InlineData("Allow")]
    public async Task AnythingButAllow_IsADenial(string decision)
    {
        var url = AuthorizeUrl();
        var query = QueryOf(await _browser.SubmitAsync(url, url, ("decision", decision)));
        Assert.Equal("access_denied", query["error"]);
        Assert.Equal("st-1", query["state"]);
        Assert.Equal(LoginServer.Issuer, query["iss"]);
        Assert.False(query.ContainsKey("code"));
    }

    [Fact]
    public async Task Decision_WithoutFormToken_GivesNoCode()
    {
        var response = await _browser.PostAsync(AuthorizeUrl(), ("decision", "allow"));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Null(response.Headers.Location);
    }

    [Fact]
    public async Task Decision_WithTheFormOfAnotherPerson_GivesNoCode()
    {
        await _server.CreateUserAsync("eve@example.com", "another long password");
        var eve = _server.Browser();
        await eve.SignInAsync("eve@example.com", "another long password");
        var page = await (await eve.GetAsync(AuthorizeUrl())).Content.ReadAsStringAsync();
        _browser.SetCookie("__Host-postern-form", eve.Cookie("__Host-postern-form"));
        var response = await _browser.PostAsync(AuthorizeUrl(), [.. Browser.HiddenFields(page), ("decision", "allow")]);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("client_id", null)]
    [InlineData("client_id", "somebody-else")]
    [InlineData("client_id", "POSTERN-CLI")]
    [InlineData("redirect_uri", null)]
    [InlineData("redirect_uri", "http://127.0.0.1:4999")]
    [InlineData("redirect_uri", "http://127.0.0.1:5011")]
    [InlineData("redirect_uri", "http://127.0.0.1:5000/")]
    [InlineData("redirect_uri", "http://127.0.0.1:5000/callback")]
    [InlineData("redirect_uri", "http://127.0.0.1:5000@evil.example")]
    [InlineData("redirect_uri", "http://127.0.0.1:5000?x=1")]
    [InlineData("redirect_uri", "http://127.0.0.1:5000#f")]
    [InlineData("redirect_uri", "HTTP://127.0.0.1:5000")]
    [InlineData("redirect_uri", "https://127.0.0.1:5000")]
    [InlineData("redirect_uri", "http://localhost:5000")]
    [InlineData("redirect_uri", "http://127.0.0.1:05000")]
    [InlineData("redirect_uri", "http://127.0.0.1:5000\u0000")]
    [InlineData("redirect_uri", "javascript:alert(1)")]
    [InlineData("redirect_uri", "https://evil.example/")]
    public async Task UnknownClientOrUri_IsToldToThePersonAndNeverRedirected(string name, string? value)
    {
        foreach (var browser in new[] { _browser, _server.Browser() })
        {
            var response = await browser.GetAsync(AuthorizeUrl((name, value)));
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Null(response.Headers.Location);
            Assert.Contains("This sign-in link does not work", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("client_id", "postern-cli")]
    [InlineData("redirect_uri", "http://127.0.0.1:5000")]
    public async Task RepeatedClientOrUri_IsNeverRedirected(string name, string value)
    {
        var response = await _browser.GetAsync(AuthorizeUrl() + $"&{name}={Uri.EscapeDataString(value)}");
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Null(response.Headers.Location);
    }

    [Theory]
    [InlineData("response_type", null, "invalid_request")]
    [InlineData("response_type", "token", "unsupported_response_type")]
    [InlineData("response_type", "code token", "unsupported_response_type")]
    [InlineData("response_mode", "fragment", "invalid_request")]
    [InlineData("request", "eyJhbGciOiJub25lIn0.e30.", "invalid_request")]
    [InlineData("request_uri", "https://evil.example/r", "invalid_request")]
    [InlineData("code_challenge", null, "invalid_request")]
    [InlineData("code_challenge", "short", "invalid_request")]
    [InlineData("code_challenge", "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!", "invalid_request")]
    [InlineData("code_challenge_method", null, "invalid_request")]
    [InlineData("code_challenge_method", "plain", "invalid_request")]
    [InlineData("code_challenge_method", "s256", "invalid_request")]
    [InlineData("prompt", "dance", "invalid_request")]
    [InlineData("prompt", "none login", "invalid_request")]
    [InlineData("max_age", "-1", "invalid_request")]
    [InlineData("max_age", "1e3", "invalid_request")]
    [InlineData("max_age", "99999999999", "invalid_request")]
    [InlineData("amr", "fpt", "unmet_authentication_requirements")]
    [InlineData("acr_values", "urn:example:gold", "unmet_authentication_requirements")]
    [InlineData("amr", "pwd sso:acme", "unmet_authentication_requirements")]
    public async Task BadParameter_IsReportedToTheClient(string name, string? value, string error)
    {
        var query = QueryOf(await _browser.GetAsync(AuthorizeUrl((name, value))));
        Assert.Equal(error, query["error"]);
        Assert.Equal("st-1", query["state"]);
        Assert.Equal(LoginServer.Issuer, query["iss"]);
        Assert.NotEmpty(query["error_description"]);
    }

    [Theory]
    [InlineData("state")]
    [InlineData("scope")]
    [InlineData("code_challenge")]
    [InlineData("response_type")]
    [InlineData("prompt")]
    public async Task RepeatedParameter_IsRefused(string name)
    {
        var response = await _browser.GetAsync(AuthorizeUrl() + $"&{name}=again");
        Assert.StartsWith("http://127.0.0.1:5000/?error=invalid_request", response.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HugeState_IsRefusedAndNotEchoed()
    {
        var query = QueryOf(await _browser.GetAsync(AuthorizeUrl(("state", new string('s', 1025)))));
        Assert.Equal("invalid_request", query["error"]);
        Assert.False(query.ContainsKey("state"));
    }

    [Fact]
    public async Task HugeParameter_IsRefused() =>
        Assert.Equal("invalid_request", QueryOf(await _browser.GetAsync(AuthorizeUrl(("scope", new string('s', 513)))))["error"]);

    [Theory]
    [InlineData("a b&c=d#e?f")]
    [InlineData("ünï")]
    [InlineData("\r\nSet-Cookie: x=1")]
    public async Task State_ComesBackUnchanged(string state) =>
        Assert.Equal(state, (await _browser.AllowAsync(AuthorizeUrl(("state", state))))["state"]);

    [Fact]
    public async Task MissingState_IsNotInvented() => Assert.False((await _browser.AllowAsync(AuthorizeUrl(("state", null)))).ContainsKey("state"));

    [Fact]
    public async Task NobodySignedIn_IsSentToSignInAndBack()
    {
        var browser = _server.Browser();
        var response = await browser.GetAsync(AuthorizeUrl(("prompt", "consent select_account")));
        Assert.StartsWith("/login?return_url=", response.Headers.Location!.OriginalString, StringComparison.Ordinal);
        response = await browser.SignInAsync(page: response.Headers.Location.OriginalString);
        Assert.StartsWith("/oauth2/authorize?", response.Headers.Location!.OriginalString, StringComparison.Ordinal);
        var consent = await browser.GetAsync(response.Headers.Location.OriginalString);
        Assert.Equal(HttpStatusCode.OK, consent.StatusCode);
        Assert.True((await browser.AllowAsync(response.Headers.Location.OriginalString)).ContainsKey("code"));
    }

    [Theory]
    [InlineData("prompt", "login")]
    [InlineData("prompt", "login select_account")]
    [InlineData("max_age", "0")]
    [InlineData("max_age", "60")]
    public async Task SignInAgain_IsAskedForOnceAndThenConsent(string name, string value)
    {
        _server.Clock.Advance(TimeSpan.FromMinutes(2));
        var response = await _browser.GetAsync(AuthorizeUrl((name, value)));
        Assert.StartsWith("/login?return_url=", response.Headers.Location?.OriginalString, StringComparison.Ordinal);
        response = await _browser.SignInAsync(page: response.Headers.Location!.OriginalString);
        _server.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, (await _browser.GetAsync(response.Headers.Location!.OriginalString)).StatusCode);
    }

    [Fact]
    public async Task RecentSignIn_SatisfiesMaxAge()
    {
        _server.Clock.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(HttpStatusCode.OK, (await _browser.GetAsync(AuthorizeUrl(("max_age", "60")))).StatusCode);
    }

    [Fact]
    public async Task ConsentPage_ThatStoodOpenBeyondMaxAge_AsksForTheSignInAgain()
    {
        var url = AuthorizeUrl(("max_age", "900"));
        var page = await _browser.PageAsync(url);
        _server.Clock.Advance(TimeSpan.FromHours(3));
        var late = await _browser.PostAsync(url, [.. Browser.HiddenFields(page), ("decision", "allow")]);
        Assert.StartsWith("/login?return_url=", late.Headers.Location!.OriginalString, StringComparison.Ordinal);

        // What comes back from the sign-in is not good for ever either.
        var again = (await _browser.SignInAsync(page: late.Headers.Location.OriginalString)).Headers.Location!.OriginalString;
        page = await _browser.PageAsync(again);
        _server.Clock.Advance(TimeSpan.FromMinutes(14));
        Assert.Contains("code", QueryOf(await _browser.PostAsync(again, [.. Browser.HiddenFields(page), ("decision", "allow")])).Keys);
        _server.Clock.Advance(TimeSpan.FromHours(3));
        late = await _browser.PostAsync(again, [.. Browser.HiddenFields(page), ("decision", "allow")]);
        Assert.StartsWith("/login?return_url=", late.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MaxAgeOfZero_StillLeavesTimeForConsentAndNoMore()
    {
        _server.Clock.Advance(TimeSpan.FromSeconds(2));
        var first = await _browser.GetAsync(AuthorizeUrl(("max_age", "0")));
        var url = (await _browser.SignInAsync(page: first.Headers.Location!.OriginalString)).Headers.Location!.OriginalString;
        var page = await _browser.PageAsync(url);
        _server.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Contains("code", QueryOf(await _browser.PostAsync(url, [.. Browser.HiddenFields(page), ("decision", "allow")])).Keys);
        _server.Clock.Advance(TimeSpan.FromSeconds(1));
        var late = await _browser.PostAsync(url, [.. Browser.HiddenFields(page), ("decision", "allow")]);
        Assert.StartsWith("/login?return_url=", late.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PromptNone_NeverShowsAPage()
    {
        Assert.Equal("consent_required", QueryOf(await _browser.GetAsync(AuthorizeUrl(("prompt", "none"))))["error"]);
        Assert.Equal("login_required", QueryOf(await _server.Browser().GetAsync(AuthorizeUrl(("prompt", "none"))))["error"]);
    }

    [Fact]
    public async Task ConsentPage_AllowsItsFormToLeadToTheClientOnly()
    {
        var response = await _browser.GetAsync(AuthorizeUrl(("redirect_uri", "http://127.0.0.1:5007")));
        var policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.EndsWith("form-action 'self' http://127.0.0.1:5007", policy, StringComparison.Ordinal);
        Assert.DoesNotMatch(InlineCode(), await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task HostileValues_AreNotMarkup()
    {
        var page = await (await _browser.GetAsync(AuthorizeUrl(("state", "\"><script>alert(1)</script>")))).Content.ReadAsStringAsync();
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
    }

    [GeneratedRegex("<script|<style|style=|onclick=|onload=", RegexOptions.IgnoreCase, 1000)]
    private static partial Regex InlineCode();
}
