using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Organizations;
using Postern.Login.SingleSignOn;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.SingleSignOn;

/// <summary>Who is deactivated at the provider is out here too; a provider that is down throws nobody out at once.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class SsoLifetimeTests(PostgreSqlServer postgreSql) : IAsyncLifetime
{
    private LoginServer _server = null!;
    private TestProvider _provider = null!;
    private Organization _acme = null!;

    public async Task InitializeAsync()
    {
        _server = await LoginServer.StartAsync(SsoCalls.Options);
        _provider = await TestProvider.StartAsync(_server.Clock);
        _acme = await _server.AddProviderAsync(_provider);

        // Its turns come with the clock that the tests turn; they have it ask when they say so.
        await _server.Services.GetRequiredService<SsoWatch>().StopAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        await _provider.DisposeAsync();
    }

    [Fact]
    public async Task Refresh_AsksTheProvider_AndFollowsItsRotation()
    {
        var tokens = await _server.LogInAtAsync(_provider);
        for (var i = 0; i < 3; i++)
        {
            _server.Clock.Advance(TimeSpan.FromMinutes(14));
            var before = _provider.RefreshToken;
            tokens = await (await _server.RefreshAsync(tokens.Text("refresh_token"))).JsonAsync();
            Assert.NotEqual(before, _provider.RefreshToken);
        }

        // Within a minute the last answer serves.
        var asked = _provider.Requests.Count;
        Assert.Equal(HttpStatusCode.OK, (await _server.RefreshAsync(tokens.Text("refresh_token"))).StatusCode);
        Assert.Equal(asked, _provider.Requests.Count);
    }

    [Fact]
    public async Task Deactivated_IsOutAtTheNextRefresh_WithEverythingThatCameOfIt()
    {
        var tokens = await _server.LogInAtAsync(_provider);
        _provider.IsDeactivated = true;
        _server.Clock.Advance(TimeSpan.FromMinutes(14));
        await (await _server.RefreshAsync(tokens.Text("refresh_token"))).AssertErrorAsync(
            HttpStatusCode.BadRequest, "invalid_grant", "SSO session has expired: sign in at your provider again.");
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
        Assert.True(await _server.QueryAsync(c => c.Sessions.AllAsync(s => s.RevokedAt != null)));
        Assert.Null(await _server.QueryAsync(c => c.SsoLogins.Select(l => l.ProtectedRefreshToken).SingleAsync()));

        // Told the same again, and coming back in does not help.
        await (await _server.RefreshAsync(tokens.Text("refresh_token"))).AssertErrorAsync(
            HttpStatusCode.BadRequest, "invalid_grant", "SSO session has expired: sign in at your provider again.");
    }

    [Fact]
    public async Task SomebodyElse_InTheAnswer_EndsTheSignIn()
    {
        var tokens = await _server.LogInAtAsync(_provider);
        _provider.Lies["sub"] = "sub-of-another";
        _server.Clock.Advance(TimeSpan.FromMinutes(14));
        Assert.Equal(HttpStatusCode.BadRequest, (await _server.RefreshAsync(tokens.Text("refresh_token"))).StatusCode);
    }

    [Fact]
    public async Task Deactivated_WithoutAnyRefresh_IsOutWhenAnAccessTokenWouldHaveExpired()
    {
        var browser = _server.Browser();
        await browser.SignInAtAsync(_provider);
        var watch = _server.Services.GetRequiredService<SsoWatch>();
        _provider.IsDeactivated = true;
        _server.Clock.Advance(TimeSpan.FromMinutes(14));
        await watch.AskAsync(CancellationToken.None);
        Assert.True(await browser.IsSignedInAsync());
        _server.Clock.Advance(TimeSpan.FromMinutes(1));
        await watch.AskAsync(CancellationToken.None);
        Assert.False(await browser.IsSignedInAsync());
    }

    [Fact]
    public async Task SignInThatIsNeverAnswered_KeepsNobodyElseIn()
    {
        var broken = _server.Browser();
        await broken.SignInAtAsync(_provider);
        var brokenToken = _provider.RefreshToken;
        _server.Clock.Advance(TimeSpan.FromSeconds(1));
        var browser = _server.Browser();
        await browser.SignInAtAsync(_provider);
        _provider.IsDeactivated = true;
        _provider.Intercept = async context =>
        {
            if (context.Request.Path != "/token" || (await context.Request.ReadFormAsync())["refresh_token"] != brokenToken)
            {
                return false;
            }

            context.Response.StatusCode = 500;
            return true;
        };
        _server.Clock.Advance(TimeSpan.FromMinutes(15));
        await _server.Services.GetRequiredService<SsoWatch>().AskAsync(CancellationToken.None);
        Assert.False(await browser.IsSignedInAsync());
        Assert.True(await broken.IsSignedInAsync());
    }

    [Fact]
    public async Task ProviderThatIsDown_IsNotAskedAboutEverybody()
    {
        for (var i = 0; i < 5; i++)
        {
            await _server.Browser().SignInAtAsync(_provider);
        }

        _provider.Intercept = context =>
        {
            context.Response.StatusCode = 503;
            return Task.FromResult(true);
        };
        _server.Clock.Advance(TimeSpan.FromMinutes(15));
        var asked = _provider.Requests.Count;
        await _server.Services.GetRequiredService<SsoWatch>().AskAsync(CancellationToken.None);
        Assert.Equal(asked + 3, _provider.Requests.Count);
    }

    [Theory]
    [InlineData(503)]
    [InlineData(401)]
    public async Task Outage_IsNoRefusal_UntilItHasLastedTooLong(int status)
    {
        var tokens = await _server.LogInAtAsync(_provider);
        _provider.Intercept = async context =>
        {
            context.Response.StatusCode = status;
            await context.Response.WriteAsync(status == 401 ? """{"error":"invalid_client"}""" : "down");
            return true;
        };
        for (var i = 0; i < 3; i++)
        {
            _server.Clock.Advance(TimeSpan.FromMinutes(15));
            tokens = await (await _server.RefreshAsync(tokens.Text("refresh_token"))).JsonAsync();
            Assert.NotNull(tokens["access_token"]);
        }

        _server.Clock.Advance(TimeSpan.FromMinutes(15));
        await (await _server.RefreshAsync(tokens.Text("refresh_token"))).AssertErrorAsync(
            HttpStatusCode.BadRequest, "invalid_grant", "SSO session has expired: sign in at your provider again.");
    }

    [Fact]
    public async Task Outage_ThatEnds_IsForgotten()
    {
        var tokens = await _server.LogInAtAsync(_provider);
        _provider.Intercept = context =>
        {
            context.Response.StatusCode = 500;
            return Task.FromResult(true);
        };
        _server.Clock.Advance(TimeSpan.FromMinutes(50));
        tokens = await (await _server.RefreshAsync(tokens.Text("refresh_token"))).JsonAsync();
        _provider.Intercept = null;
        _server.Clock.Advance(TimeSpan.FromMinutes(2));
        tokens = await (await _server.RefreshAsync(tokens.Text("refresh_token"))).JsonAsync();
        _server.Clock.Advance(TimeSpan.FromMinutes(50));
        Assert.Equal(HttpStatusCode.OK, (await _server.RefreshAsync(tokens.Text("refresh_token"))).StatusCode);
    }

    [Fact]
    public async Task WithoutARefreshToken_TheSignInEndsAfterAnHour()
    {
        _provider.GivesRefreshToken = false;
        var tokens = await _server.LogInAtAsync(_provider);
        _server.Clock.Advance(TimeSpan.FromMinutes(50));
        tokens = await (await _server.RefreshAsync(tokens.Text("refresh_token"))).JsonAsync();
        Assert.Equal(600, tokens["expires_in"]!.GetValue<int>());
        _server.Clock.Advance(TimeSpan.FromMinutes(10));
        await (await _server.RefreshAsync(tokens.Text("refresh_token"))).AssertErrorAsync(
            HttpStatusCode.BadRequest, "invalid_grant", "SSO session has expired: sign in at your provider again.");
    }

    [Fact]
    public async Task RemovedProvider_EndsWhatCameOfIt()
    {
        var tokens = await _server.LogInAtAsync(_provider);
        Assert.Equal(MembershipVerdict.Allowed, await SsoCalls.Providers(_server).RemoveAsync(null, _acme.Id, "acme", CancellationToken.None));
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
        await (await _server.RefreshAsync(tokens.Text("refresh_token"))).AssertErrorAsync(
            HttpStatusCode.BadRequest, "invalid_grant", "SSO session has expired: sign in at your provider again.");
    }

    [Fact]
    public async Task CodeThatWaits_WhenTheSignInEnds_GivesNoSession()
    {
        var browser = _server.Browser();
        await browser.SignInAtAsync(_provider);
        var code = (await browser.AllowAsync())["code"];
        await _server.QueryAsync(c => c.SsoLogins.ExecuteUpdateAsync(row => row.SetProperty(l => l.EndedAt, (DateTimeOffset?)_server.Clock.GetUtcNow())));
        await (await _server.ExchangeCodeAsync(code)).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Fact]
    public async Task ManyRefreshesAtOnce_AskOnce_OnPostgreSqlToo()
    {
        await using var server = await LoginServer.StartAsync("postgresql", postgreSql, SsoCalls.Options);
        await using var provider = await TestProvider.StartAsync(server.Clock);
        await server.AddProviderAsync(provider);
        await server.Services.GetRequiredService<SsoWatch>().StopAsync(CancellationToken.None);
        var browser = server.Browser();
        await browser.SignInAtAsync(provider);
        var sessions = new List<System.Text.Json.Nodes.JsonObject>();
        for (var i = 0; i < 5; i++)
        {
            sessions.Add(await (await server.ExchangeCodeAsync((await browser.AllowAsync())["code"])).JsonAsync());
        }

        server.Clock.Advance(TimeSpan.FromMinutes(14));
        var asked = provider.Requests.Count(r => r == "POST /token");
        var answers = await Task.WhenAll(sessions.Select(s => server.RefreshAsync(s.Text("refresh_token"))));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        Assert.Equal(asked + 1, provider.Requests.Count(r => r == "POST /token"));
    }
}
