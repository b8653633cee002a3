using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Login.Accounts;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.OAuth;

/// <summary>Making, exchanging and revoking API tokens.</summary>
public sealed class ApiTokenTests : IAsyncLifetime
{
    private LoginServer _server = null!;

    private ApiTokenService Tokens => _server.Services.GetRequiredService<ApiTokenService>();

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Exchange_GivesAnAccessTokenAndNoRefreshToken()
    {
        var created = await CreateAsync();
        Assert.StartsWith("pst_", created.Secret, StringComparison.Ordinal);
        var json = await (await ExchangeAsync(created.Secret)).JsonAsync();
        Assert.Null(json["refresh_token"]);
        var payload = OAuthCalls.PayloadOf(json.Text("access_token"));
        Assert.Equal("api_token", payload.Text("grant"));
        Assert.Equal("[]", payload["scp"]!.ToJsonString());
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(json.Text("access_token"))).StatusCode);
        var row = Assert.Single(await Tokens.ListAsync(_server.User.Id, CancellationToken.None));
        Assert.Equal(_server.Clock.GetUtcNow(), row.LastUsedAt);
        Assert.Equal("192.0.2.1", row.LastUsedAddress);
    }

    [Fact]
    public async Task ExchangesFromOneAddress_ShareASession()
    {
        var created = await CreateAsync();
        var first = OAuthCalls.PayloadOf((await (await ExchangeAsync(created.Secret)).JsonAsync()).Text("access_token"));
        _server.Clock.Advance(TimeSpan.FromMinutes(14));
        var second = OAuthCalls.PayloadOf((await (await ExchangeAsync(created.Secret)).JsonAsync()).Text("access_token"));
        Assert.Equal(first.Text("sid"), second.Text("sid"));
        Assert.NotEqual(first.Text("jti"), second.Text("jti"));
        Assert.Equal(1, await _server.QueryAsync(c => c.Sessions.CountAsync(s => s.ApiTokenId == created.Token.Id)));
    }

    [Fact]
    public async Task ExchangesFromManyAddresses_KeepFiftySessions()
    {
        var created = await CreateAsync();
        var first = (await ExchangeFromAsync(created.Secret, "2001:db8:1::1")).Text("access_token");
        string last = first;
        for (var i = 2; i <= LoginLimits.SessionsPerApiToken + 3; i++)
        {
            _server.Clock.Advance(TimeSpan.FromSeconds(1));
            last = (await ExchangeFromAsync(created.Secret, $"2001:db8:1::{i:x}")).Text("access_token");
        }

        Assert.Equal(
            LoginLimits.SessionsPerApiToken,
            await _server.QueryAsync(c => c.Sessions.CountAsync(s => s.ApiTokenId == created.Token.Id && s.RevokedAt == null)));
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(first)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(last)).StatusCode);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("pst_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("prt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task UnknownToken_IsRefusedInTheWordsClientsLookFor(string secret)
    {
        var response = await ExchangeAsync(secret);
        Assert.Contains("API token", (await response.JsonAsync()).Text("error_description"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task MissingToken_IsNamed() =>
        await (await _server.TokenAsync(("grant_type", "api_token"), ("client_id", "postern-cli")))
            .AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_request", "The parameter api_token is missing.");

    [Fact]
    public async Task ExpiredToken_IsRefusedAndItsSessionOver()
    {
        var created = await CreateAsync(_server.Clock.GetUtcNow().AddMinutes(10));
        var access = (await (await ExchangeAsync(created.Secret)).JsonAsync()).Text("access_token");
        _server.Clock.Advance(TimeSpan.FromMinutes(10));
        await (await ExchangeAsync(created.Secret)).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant");
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(access)).StatusCode);
    }

    [Fact]
    public async Task RevokedToken_EndsItsSessionsAtOnce()
    {
        var created = await CreateAsync();
        var access = (await (await ExchangeAsync(created.Secret)).JsonAsync()).Text("access_token");
        var other = await _server.CreateUserAsync("eve@example.com", "another long password");
        Assert.False(await Tokens.RevokeAsync(other.Id, created.Token.Id, "test", null, CancellationToken.None));
        Assert.True(await Tokens.RevokeAsync(_server.User.Id, created.Token.Id, "test", null, CancellationToken.None));
        Assert.False(await Tokens.RevokeAsync(_server.User.Id, created.Token.Id, "test", null, CancellationToken.None));
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(access)).StatusCode);
        await (await ExchangeAsync(created.Secret)).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant");
        Assert.Empty(await Tokens.ListAsync(_server.User.Id, CancellationToken.None));
    }

    [Fact]
    public async Task DisabledPerson_CannotExchange()
    {
        var created = await CreateAsync();
        await _server.WithAccountsAsync(a => a.SetDisabledAsync(LoginServer.Email, true, CancellationToken.None));
        await (await ExchangeAsync(created.Secret)).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Fact]
    public async Task Secret_IsNotStored()
    {
        var created = await CreateAsync();
        var row = await _server.QueryAsync(c => c.ApiTokens.SingleAsync());
        Assert.DoesNotContain(created.Secret[4..], System.Text.Json.JsonSerializer.Serialize(row), StringComparison.Ordinal);
        Assert.Equal(8, row.Prefix.Length);
    }

    [Fact]
    public async Task BadNamesAndEnds_AreRefused()
    {
        await Assert.ThrowsAsync<ApiTokenRefusedException>(() => Tokens.CreateAsync(
            new NewApiToken { UserId = _server.User.Id, Name = " ", Actor = "test" }, CancellationToken.None));
        await Assert.ThrowsAsync<ApiTokenRefusedException>(() => Tokens.CreateAsync(
            new NewApiToken { UserId = _server.User.Id, Name = new string('n', 101), Actor = "test" }, CancellationToken.None));
        await Assert.ThrowsAsync<ApiTokenRefusedException>(() => CreateAsync(_server.Clock.GetUtcNow()));
    }

    private Task<CreatedApiToken> CreateAsync(DateTimeOffset? expiresAt = null) =>
        Tokens.CreateAsync(
            new NewApiToken { UserId = _server.User.Id, Name = "ci", ExpiresAt = expiresAt, Actor = "test" }, CancellationToken.None);

    private async Task<System.Text.Json.Nodes.JsonObject> ExchangeFromAsync(string secret, string address)
    {
        var machine = _server.Browser();
        machine.Address = address;
        var answer = await machine.PostAsync(
            "/oauth2/token", ("grant_type", "api_token"), ("api_token", secret), ("client_id", "postern-cli"));
        return await answer.JsonAsync();
    }

    private Task<HttpResponseMessage> ExchangeAsync(string secret) =>
        _server.TokenAsync(("grant_type", "api_token"), ("api_token", secret), ("scope", ""), ("client_id", "postern-cli"));
}
