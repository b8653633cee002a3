using System.Net;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.OAuth;

/// <summary>Rotation, grace and reuse of refresh tokens (docs/decisions/0005).</summary>
[Collection(DatabaseCollection.Name)]
public sealed class RefreshTokenTests(PostgreSqlServer postgreSql) : IAsyncLifetime
{
    private LoginServer _server = null!;

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Refresh_GivesANewTokenAndKeepsTheSession()
    {
        var first = await _server.LogInAsync();
        var second = await (await _server.RefreshAsync(first.Text("refresh_token"))).JsonAsync();
        Assert.NotEqual(first.Text("refresh_token"), second.Text("refresh_token"));
        Assert.NotEqual(first.Text("access_token"), second.Text("access_token"));
        var (before, after) = (OAuthCalls.PayloadOf(first.Text("access_token")), OAuthCalls.PayloadOf(second.Text("access_token")));
        Assert.Equal(before.Text("sid"), after.Text("sid"));
        Assert.NotEqual(before.Text("jti"), after.Text("jti"));
        Assert.Equal(before["auth_time"]!.GetValue<long>(), after["auth_time"]!.GetValue<long>());
    }

    [Fact]
    public async Task LostAnswer_IsGivenAgainWithinTheGrace()
    {
        var token = (await _server.LogInAsync()).Text("refresh_token");
        var first = await (await _server.RefreshAsync(token)).JsonAsync();
        _server.Clock.Advance(TimeSpan.FromMilliseconds(59_999));
        var second = await (await _server.RefreshAsync(token)).JsonAsync();
        Assert.Equal(first.Text("refresh_token"), second.Text("refresh_token"));
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(second.Text("access_token"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _server.RefreshAsync(second.Text("refresh_token"))).StatusCode);
    }

    [Fact]
    public async Task ReuseAfterTheGrace_EndsTheSession()
    {
        var tokens = await _server.LogInAsync();
        var next = await (await _server.RefreshAsync(tokens.Text("refresh_token"))).JsonAsync();
        _server.Clock.Advance(TimeSpan.FromSeconds(60));
        await (await _server.RefreshAsync(tokens.Text("refresh_token")))
            .AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant", "Invalid refresh token");
        await (await _server.RefreshAsync(next.Text("refresh_token")))
            .AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant", "Invalid refresh token");
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(next.Text("access_token"))).StatusCode);
    }

    [Fact]
    public async Task OldTokenWithinTheGrace_GetsTheLiveEndOfTheChain()
    {
        var token = (await _server.LogInAsync()).Text("refresh_token");
        var second = (await (await _server.RefreshAsync(token)).JsonAsync()).Text("refresh_token");
        var third = (await (await _server.RefreshAsync(second)).JsonAsync()).Text("refresh_token");
        Assert.Equal(third, (await (await _server.RefreshAsync(token)).JsonAsync()).Text("refresh_token"));
    }

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgresql")]
    public async Task RefreshWithoutEnd_HasToWaitAndEndsNothing(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var token = (await server.LogInAsync()).Text("refresh_token"); // The first of the minute.
        var other = (await server.LogInAsync()).Text("refresh_token");
        var current = token;
        for (var i = 1; i < 10; i++)
        {
            server.Clock.Advance(TimeSpan.FromSeconds(1));
            current = (await (await server.RefreshAsync(current)).JsonAsync()).Text("refresh_token");
        }

        for (var i = 0; i < 100; i++)
        {
            var response = await server.RefreshAsync(current);
            Assert.Equal("51", response.Headers.GetValues("Retry-After").Single());
            await response.AssertErrorAsync(HttpStatusCode.TooManyRequests, "slow_down", "Too many requests; wait as long as Retry-After says.");
        }

        // Lost answers are repeated all the same, down to the live end, and other sessions do not wait.
        Assert.Equal(current, (await (await server.RefreshAsync(token)).JsonAsync()).Text("refresh_token"));
        Assert.Equal(HttpStatusCode.OK, (await server.RefreshAsync(other)).StatusCode);

        // Another server knows the count; and after the wait it goes on with the same token.
        await using var beside = await LoginServer.StartBesideAsync(server);
        beside.Clock.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(HttpStatusCode.TooManyRequests, (await beside.RefreshAsync(current)).StatusCode);
        server.Clock.Advance(TimeSpan.FromSeconds(51));
        current = (await (await server.RefreshAsync(current)).JsonAsync()).Text("refresh_token");
        Assert.Equal("1", (await server.RefreshAsync(current)).Headers.GetValues("Retry-After").Single()); // The next of the minute is a second later.
        server.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, (await server.RefreshAsync(current)).StatusCode);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("prt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("pst_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("prt_!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task UnknownToken_IsRefused(string token) =>
        await (await _server.RefreshAsync(token)).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant", "Invalid refresh token");

    [Fact]
    public async Task MissingToken_IsNamed() =>
        await (await _server.TokenAsync(("grant_type", "refresh_token"), ("client_id", "postern-cli")))
            .AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_request", "The parameter refresh_token is missing.");

    [Fact]
    public async Task Session_EndsAfterSevenDaysWithoutUse()
    {
        var token = (await _server.LogInAsync()).Text("refresh_token");
        _server.Clock.Advance(TimeSpan.FromDays(7) - TimeSpan.FromSeconds(1));
        token = (await (await _server.RefreshAsync(token)).JsonAsync()).Text("refresh_token");
        _server.Clock.Advance(TimeSpan.FromDays(7));
        await (await _server.RefreshAsync(token)).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant", "Invalid refresh token");
    }

    [Fact]
    public async Task Session_EndsAfterThirtyDaysHoweverMuchItIsUsed()
    {
        var tokens = await _server.LogInAsync();
        for (var day = 0; day < 29; day++)
        {
            _server.Clock.Advance(TimeSpan.FromDays(1));
            tokens = await (await _server.RefreshAsync(tokens.Text("refresh_token"))).JsonAsync();
        }

        _server.Clock.Advance(TimeSpan.FromDays(1) - TimeSpan.FromMinutes(5));
        tokens = await (await _server.RefreshAsync(tokens.Text("refresh_token"))).JsonAsync();
        Assert.Equal(300, tokens["expires_in"]!.GetValue<int>());
        _server.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
        await (await _server.RefreshAsync(tokens.Text("refresh_token"))).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant", "Invalid refresh token");
    }

    [Fact]
    public async Task DisabledPerson_IsOut()
    {
        var tokens = await _server.LogInAsync();
        await _server.WithAccountsAsync(a => a.SetDisabledAsync(LoginServer.Email, true, CancellationToken.None));
        await (await _server.RefreshAsync(tokens.Text("refresh_token"))).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant", "Invalid refresh token");
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
    }

    [Fact]
    public async Task NeitherTokenNorUsableSalt_StaysInTheDatabase()
    {
        var tokens = await _server.LogInAsync();
        var second = await (await _server.RefreshAsync(tokens.Text("refresh_token"))).JsonAsync();
        _server.Clock.Advance(TimeSpan.FromMinutes(2));
        await _server.RefreshAsync(second.Text("refresh_token"));
        var rows = await _server.QueryAsync(c => c.RefreshTokens.OrderBy(t => t.CreatedAt).ToListAsync());
        Assert.Equal(3, rows.Count);
        Assert.Equal(1, rows.Count(r => r.SuccessorSalt is not null));
        Assert.DoesNotContain(rows, r => tokens.Text("refresh_token").Contains(r.TokenHash, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task ManyAtOnce_AllGetTheSameSuccessor(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var token = (await server.LogInAsync()).Text("refresh_token");
        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => server.RefreshAsync(token))));
        var successors = await Task.WhenAll(responses.Select(async r => (await r.JsonAsync())["refresh_token"]?.GetValue<string>()));
        Assert.NotNull(Assert.Single(successors.Distinct()));
        Assert.Equal(2, await server.QueryAsync(c => c.RefreshTokens.CountAsync()));
        Assert.Equal(HttpStatusCode.OK, (await server.RefreshAsync(successors[0]!)).StatusCode);
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task ReuseBesideRotation_LeavesNoLiveSession(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var old = (await server.LogInAsync()).Text("refresh_token");
        var current = (await (await server.RefreshAsync(old)).JsonAsync()).Text("refresh_token");
        server.Clock.Advance(TimeSpan.FromMinutes(2));
        await Task.WhenAll(Task.Run(() => server.RefreshAsync(old)), Task.Run(() => server.RefreshAsync(current)));
        Assert.False(await server.QueryAsync(c => c.Sessions.AnyAsync(s => s.ClientId == "postern-cli" && s.RevokedAt == null)));
    }
}
