using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.WebUtilities;
using Postern.Login.Tests.Testing;
using static Postern.Login.Tests.Testing.OAuthCalls;

namespace Postern.Login.Tests.OAuth;

/// <summary>A program asks as whom to go on (<c>prompt=select_account</c>).</summary>
public sealed partial class AccountChoiceTests : IAsyncLifetime
{
    private const string Other = "grace@example.com";
    private const string OtherPassword = "nanoseconds of copper wire";
    private LoginServer _server = null!;
    private Browser _browser = null!;

    public async Task InitializeAsync()
    {
        _server = await LoginServer.StartAsync();
        await _server.CreateUserAsync(Other, OtherPassword);
        _browser = await _server.SignedInAsync();
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Page_NamesWhoIsSignedInAndNobodyElse()
    {
        var page = await _browser.PageAsync(Choose());
        Assert.Contains(LoginServer.Email, page, StringComparison.Ordinal);
        Assert.DoesNotContain(Other, page, StringComparison.Ordinal);
        Assert.DoesNotContain("form", Content().Match(page).Value, StringComparison.Ordinal); // It changes nothing, so there is nothing to forge.
        Assert.StartsWith("/login?return_url=", (await _server.Browser().GetAsync(Choose())).Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Continue_KeepsTheRequestAndTheSession()
    {
        var (onward, _) = await LinksAsync();
        Assert.Equal(
            QueryHelpers.ParseQuery(AuthorizeUrl().Split('?')[1]).ToDictionary(f => f.Key, f => f.Value.ToString()),
            QueryHelpers.ParseQuery(onward.Split('?')[1]).ToDictionary(f => f.Key, f => f.Value.ToString()));
        var before = _browser.Cookie("__Host-postern-session");
        var answer = await _browser.AllowAsync(onward);
        Assert.Equal("st-1", answer["state"]);
        Assert.Equal(HttpStatusCode.OK, (await _server.ExchangeCodeAsync(answer["code"])).StatusCode);
        Assert.Equal(before, _browser.Cookie("__Host-postern-session"));
    }

    [Fact]
    public async Task AnotherAccount_SignsInAnewAndKeepsTheRequest()
    {
        var (_, other) = await LinksAsync();
        Assert.Contains("You are signed in as", await _browser.PageAsync(other), StringComparison.Ordinal);
        var response = await _browser.SignInAsync(Other, OtherPassword, other);
        var answer = await _browser.AllowAsync(response.Headers.Location!.OriginalString);
        Assert.Equal("st-1", answer["state"]);
        var tokens = await (await _server.ExchangeCodeAsync(answer["code"])).JsonAsync();
        Assert.Equal(await IdAsync(Other), await WhoIsAsync(tokens["access_token"]!.ToString()));

        // One person at a time in a browser: what was Ada's here has ended, and programs of hers go on.
        Assert.Contains(Other, await _browser.PageAsync("/account"), StringComparison.Ordinal);
        Assert.Equal(0, await _server.QueryAsync(c => Task.FromResult(c.Sessions.Count(s => s.UserId == _server.User.Id && s.RevokedAt == null))));
    }

    [Fact]
    public async Task Choice_IsNoProof_AndTakesNothingBackThatWasAskedFor()
    {
        _server.Clock.Advance(TimeSpan.FromMinutes(10));
        var (onward, _) = await LinksAsync(("max_age", "60"));
        Assert.Contains("max_age=60", onward, StringComparison.Ordinal);
        Assert.StartsWith("/login?return_url=", (await _browser.GetAsync(onward)).Headers.Location!.OriginalString, StringComparison.Ordinal);

        (onward, _) = await LinksAsync(("amr", "mfa"));
        Assert.StartsWith("/account/security/new", (await _browser.GetAsync(onward)).Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HostileState_IsNoMarkupInTheLinks()
    {
        var page = await _browser.PageAsync(AuthorizeUrl(("prompt", "select_account"), ("state", "\"><script>alert(1)</script>")));
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
    }

    private static string Choose(params (string Name, string? Value)[] changes) => AuthorizeUrl([("prompt", "consent select_account"), .. changes]);

    private async Task<(string Onward, string Other)> LinksAsync(params (string Name, string? Value)[] changes)
    {
        var links = Link().Matches(await _browser.PageAsync(Choose(changes))).Select(m => WebUtility.HtmlDecode(m.Groups[1].Value)).ToList();
        Assert.Equal(2, links.Count);
        return (links[0], links[1]);
    }

    private Task<Guid> IdAsync(string email) => _server.QueryAsync(c => Task.FromResult(c.Users.Single(u => u.Email == email).Id));

    private async Task<Guid> WhoIsAsync(string token)
    {
        using var client = _server.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return Guid.Parse(await client.GetStringAsync("/whoami"));
    }

    [GeneratedRegex("<a class=\"button [^\"]*\" href=\"([^\"]*)\"", RegexOptions.None, 1000)]
    private static partial Regex Link();

    [GeneratedRegex("<main.*</main>", RegexOptions.Singleline, 1000)]
    private static partial Regex Content();
}
