using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Factors;
using Postern.Login.Tests.Testing;
using static Postern.Login.Tests.Testing.OAuthCalls;

namespace Postern.Login.Tests.Factors;

/// <summary>A client asks for more than the session has (RFC 9470): the person is led through it and goes on.</summary>
public sealed class StepUpTests : IAsyncLifetime
{
    private LoginServer _server = null!;

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData("amr", "mfa")]
    [InlineData("amr", "pwd mfa")]
    [InlineData("acr_values", "mfa")]
    [InlineData("acr_values", "urn:example:gold mfa pwd")]
    public async Task WithoutAFactor_ThePersonSetsOneUpAndGoesOn(string name, string value)
    {
        var url = AuthorizeUrl((name, value));
        var browser = await _server.SignedInAsync();
        var choice = (await browser.GetAsync(url)).Headers.Location!.OriginalString;
        Assert.StartsWith("/account/security/new?return_url=%2Foauth2%2Fauthorize", choice, StringComparison.Ordinal);
        var page = await browser.PageAsync(choice);
        Assert.Contains("Add a second factor", page, StringComparison.Ordinal);
        var setup = LinkTo(page, FactorCalls.AuthenticatorPage);
        var form = await browser.PageAsync(setup);
        var codes = await browser.PostFormAsync(
            form, FactorCalls.AuthenticatorPage, ("code", Totp.CodeAt(FactorCalls.SecretOf(form), _server.Clock.GetUtcNow())));
        Assert.Equal(url, LinkTo(await codes.Content.ReadAsStringAsync(), "/oauth2/authorize"));
        Assert.Equal("[\"pwd\",\"otp\",\"mfa\"]", await AmrAsync(browser, url));
    }

    [Fact]
    public async Task StaleSessionWithoutAFactor_ConfirmsThePasswordOnTheWay()
    {
        var url = AuthorizeUrl(("amr", "mfa"));
        var browser = await _server.SignedInAsync();
        _server.Clock.Advance(TimeSpan.FromHours(1));
        var setup = LinkTo(await browser.PageAsync((await browser.GetAsync(url)).Headers.Location!.OriginalString), FactorCalls.AuthenticatorPage);
        var confirm = (await browser.GetAsync(setup)).Headers.Location!.OriginalString;
        Assert.StartsWith("/login/confirm?", confirm, StringComparison.Ordinal);
        var back = await browser.SubmitFormAsync(confirm, "/login/confirm", ("password", LoginServer.Password));
        Assert.Equal(setup, back.Headers.Location!.OriginalString);
        var page = await browser.PageAsync(setup);
        Assert.Equal(url, FactorCalls.FieldOf(page, FactorCalls.AuthenticatorPage, "return_url"));
    }

    [Fact]
    public async Task WithAFactor_ThePersonProvesItAndGoesOn()
    {
        var secret = await SetUpAsync();
        var browser = await OldSessionAsync();
        var url = AuthorizeUrl(("amr", "mfa"));
        var confirm = (await browser.GetAsync(url)).Headers.Location!.OriginalString;
        Assert.Equal("/login/confirm?return_url=" + Uri.EscapeDataString(url), confirm);
        var before = browser.Cookie("__Host-postern-session");
        var proved = await browser.SubmitFormAsync(confirm, "/login/confirm", ("code", Totp.CodeAt(secret, _server.Clock.GetUtcNow())));
        Assert.Equal(url, proved.Headers.Location!.OriginalString);
        Assert.NotEqual(before, browser.Cookie("__Host-postern-session"));
        Assert.Equal("[\"pwd\",\"otp\",\"mfa\"]", await AmrAsync(browser, url));
    }

    [Fact]
    public async Task Consent_GivenWithoutTheFactor_GivesNoCode()
    {
        await SetUpAsync();
        var browser = await OldSessionAsync();
        var token = FactorCalls.FieldOf(await browser.PageAsync("/user/logout"), "/user/logout", "form_token");
        var response = await browser.PostAsync(AuthorizeUrl(("amr", "mfa")), ("form_token", token), ("decision", "allow"));
        Assert.StartsWith("/login/confirm?", response.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.False(await _server.QueryAsync(c => c.AuthorizationCodes.AnyAsync()));
    }

    [Fact]
    public async Task SilentRequest_IsToldWhatIsMissing()
    {
        var query = QueryOf(await (await _server.SignedInAsync()).GetAsync(AuthorizeUrl(("amr", "mfa"), ("prompt", "none"))));
        Assert.Equal("unmet_authentication_requirements", query["error"]);
    }

    [Fact]
    public async Task MaximumAgeAndFactor_AskForBothAgain()
    {
        var secret = await SetUpAsync();
        var browser = _server.Browser();
        await browser.SignInWithCodeAsync(Totp.CodeAt(secret, _server.Clock.GetUtcNow()));
        _server.Clock.Advance(TimeSpan.FromMinutes(16));
        var url = AuthorizeUrl(("amr", "mfa"), ("max_age", "900"));
        var signIn = (await browser.GetAsync(url)).Headers.Location!.OriginalString;
        Assert.StartsWith("/login?", signIn, StringComparison.Ordinal);
        var first = await browser.SignInAsync(page: signIn);
        Assert.StartsWith("/login/factor?return_url=%2Foauth2%2Fauthorize", first.Headers.Location!.OriginalString, StringComparison.Ordinal);
        var second = await browser.SubmitFormAsync(
            first.Headers.Location!.OriginalString, "/login/factor", ("code", Totp.CodeAt(secret, _server.Clock.GetUtcNow())));
        var tokens = await _server.LogInWithBrowserAsync(browser, second.Headers.Location!.OriginalString);
        var payload = PayloadOf(tokens.Text("access_token"));
        Assert.Equal(_server.Clock.GetUtcNow().ToUnixTimeSeconds(), payload["auth_time"]!.GetValue<long>());
        Assert.Equal("[\"pwd\",\"otp\",\"mfa\"]", payload["amr"]!.ToJsonString());
    }

    [Fact]
    public async Task StepUp_DoesNotMakeTheWholeSignInRecent()
    {
        var secret = await SetUpAsync();
        var browser = await OldSessionAsync();
        var signedIn = _server.Clock.GetUtcNow().ToUnixTimeSeconds();
        _server.Clock.Advance(TimeSpan.FromHours(1));
        await browser.SubmitFormAsync("/login/confirm", "/login/confirm", ("code", Totp.CodeAt(secret, _server.Clock.GetUtcNow())));
        var tokens = await _server.LogInWithBrowserAsync(browser, AuthorizeUrl(("amr", "mfa")));
        Assert.Equal(signedIn, PayloadOf(tokens.Text("access_token"))["auth_time"]!.GetValue<long>());
    }

    [Fact]
    public async Task Certificate_CarriesTheFactor()
    {
        var browser = await _server.SignedInAsync();
        var before = await CertificateAsync(await _server.LogInWithBrowserAsync(browser));
        await browser.AddAuthenticatorAsync(_server);
        var after = await CertificateAsync(await _server.LogInWithBrowserAsync(browser, AuthorizeUrl(("amr", "mfa"))));
        Assert.DoesNotContain("has-mfa@postern.test", before, StringComparison.Ordinal);
        Assert.Contains("has-mfa@postern.test", after, StringComparison.Ordinal);
    }

    private async Task<string> CertificateAsync(System.Text.Json.Nodes.JsonObject tokens)
    {
        using var client = _server.Client();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", tokens.Text("access_token"));
        var response = await client.PostAsJsonAsync("/ssh", new { key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE2vd3QmT0FqVlxpZdE9jA9Ty0MUxD4ZmmQ3mC3VdFAy test" });
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var line = (await response.JsonAsync()).Text("certificate");
        return System.Text.Encoding.Latin1.GetString(Convert.FromBase64String(line.Split(' ')[1]));
    }

    private async Task<byte[]> SetUpAsync() => (await (await _server.SignedInAsync()).AddAuthenticatorAsync(_server)).Secret;

    // A browser that signed in before the account had a factor.
    private async Task<Browser> OldSessionAsync()
    {
        await _server.QueryAsync(c => c.Users.ExecuteUpdateAsync(row => row.SetProperty(u => u.TwoFactorEnabled, false)));
        var browser = await _server.SignedInAsync();
        await _server.QueryAsync(c => c.Users.ExecuteUpdateAsync(row => row.SetProperty(u => u.TwoFactorEnabled, true)));
        return browser;
    }

    private async Task<string> AmrAsync(Browser browser, string url) =>
        PayloadOf((await _server.LogInWithBrowserAsync(browser, url)).Text("access_token"))["amr"]!.ToJsonString();

    private static string LinkTo(string page, string path) => WebUtility.HtmlDecode(
        System.Text.RegularExpressions.Regex.Match(page, "href=\"(" + System.Text.RegularExpressions.Regex.Escape(path) + "[^\"]*)\"").Groups[1].Value);
}
