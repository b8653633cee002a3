using System.Net;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Sessions;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.Pages;

/// <summary>The page of API tokens: a secret is shown once, and the form can give no more than it says.</summary>
public sealed partial class ApiTokenPageTests : IAsyncLifetime
{
    private const string Page = "/account/api-tokens";

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
    public async Task Token_IsShownOnceWorksAndIsDeleted()
    {
        var response = await _browser.SubmitAsync(Page, Page, ("name", "ci"), ("days", "90"), ("project", ""), ("access", "full"));
        var page = await response.Content.ReadAsStringAsync();
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Headers.CacheControl!.NoStore);
        var secret = Secret().Match(page).Value;
        var token = await _server.QueryAsync(c => c.ApiTokens.SingleAsync());
        Assert.Equal(_server.Clock.GetUtcNow().AddDays(90), token.ExpiresAt);
        Assert.Equal(TokenScope.Full, token.Scope);
        Assert.False(token.HadMfaAtCreation);

        var access = (await (await ExchangeAsync(secret)).JsonAsync()).Text("access_token");
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(access)).StatusCode);
        page = await TextAsync();
        Assert.DoesNotMatch(Secret(), page);
        Assert.Contains("Last used just now from 192.0.2.1.", page, StringComparison.Ordinal);

        response = await _browser.SubmitAsync(Page, $"{Page}/{token.Id}/delete");
        Assert.Equal($"{Page}?done=deleted", response.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(access)).StatusCode);
        await (await ExchangeAsync(secret)).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant");
        Assert.DoesNotContain(secret, string.Join(' ', await _server.QueryAsync(c => c.AuditEvents.Select(e => e.Detail).ToListAsync())), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("read-only")]
    [InlineData("")]
    [InlineData("Full")]
    [InlineData("anything")]
    public async Task Access_ThatIsNotExactlyFull_IsReadOnly(string access)
    {
        await _browser.SubmitAsync(Page, Page, ("name", "ci"), ("days", ""), ("access", access));
        Assert.True((await _server.QueryAsync(c => c.ApiTokens.SingleAsync())).IsReadOnly);
    }

    [Theory]
    [InlineData("", "30", "", "must have 1 to 100 characters")]
    [InlineData("ci", "0", "", "Choose when")]
    [InlineData("ci", "99999999", "", "Choose when")]
    [InlineData("ci", "-30", "", "Choose when")]
    [InlineData("ci", "30", "someoneelses", "no role on this project")]
    public async Task BadForm_IsExplained(string name, string days, string project, string error)
    {
        var response = await _browser.SubmitAsync(Page, Page, ("name", name), ("days", days), ("project", project), ("access", "full"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains(error, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(0, await _server.QueryAsync(c => c.ApiTokens.CountAsync()));
    }

    [Fact]
    public async Task FieldsThatAreNotAskedFor_DoNotCount()
    {
        var stranger = await _server.CreateUserAsync("eve@example.com", "another long password");
        await _browser.SubmitAsync(
            Page, Page, ("name", "ci"), ("days", ""), ("access", "read-only"), ("user_id", stranger.Id.ToString()), ("UserId", stranger.Id.ToString()),
            ("had_mfa_at_creation", "true"), ("HasMfa", "true"), ("IsReadOnly", "false"));
        var token = await _server.QueryAsync(c => c.ApiTokens.SingleAsync());
        Assert.Equal((_server.User.Id, true, false), (token.UserId, token.IsReadOnly, token.HadMfaAtCreation));
    }

    [Fact]
    public async Task TokenOfAnotherAccount_CannotBeDeleted()
    {
        await _browser.SubmitAsync(Page, Page, ("name", "ci"), ("days", ""), ("access", "full"));
        var id = await _server.QueryAsync(c => c.ApiTokens.Select(t => t.Id).SingleAsync());
        await _server.CreateUserAsync("eve@example.com", "another long password");
        var eve = _server.Browser();
        await eve.SignInAsync("eve@example.com", "another long password");
        await eve.SubmitAsync(Page, $"{Page}/{id}/delete");
        Assert.Null((await _server.QueryAsync(c => c.ApiTokens.SingleAsync())).RevokedAt);
    }

    [Fact]
    public async Task FormOfAnotherSite_ChangesNothing()
    {
        await _browser.SubmitAsync(Page, Page, ("name", "ci"), ("days", ""), ("access", "full"));
        var id = await _server.QueryAsync(c => c.ApiTokens.Select(t => t.Id).SingleAsync());
        Assert.Equal(HttpStatusCode.BadRequest, (await _browser.PostAsync(Page, ("name", "x"), ("access", "full"))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await _browser.PostAsync($"{Page}/{id}/delete")).StatusCode);
        Assert.Null((await _server.QueryAsync(c => c.ApiTokens.SingleAsync())).RevokedAt);
    }

    private async Task<string> TextAsync() => await (await _browser.GetAsync(Page)).Content.ReadAsStringAsync();

    private Task<HttpResponseMessage> ExchangeAsync(string secret) =>
        _server.TokenAsync(("grant_type", "api_token"), ("api_token", secret), ("client_id", "postern-cli"));

    [GeneratedRegex("pst_[A-Za-z0-9_-]{43}", RegexOptions.None, 1000)]
    private static partial Regex Secret();
}
