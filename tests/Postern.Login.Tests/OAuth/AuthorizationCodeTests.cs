using System.Net;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;
using Postern.Login.Tests.Testing;
using static Postern.Login.Tests.Testing.OAuthCalls;

namespace Postern.Login.Tests.OAuth;

/// <summary>The rules of exchanging an authorization code.</summary>
[Collection(DatabaseCollection.Name)]
public sealed class AuthorizationCodeTests(PostgreSqlServer postgreSql) : IAsyncLifetime
{
    private LoginServer _server = null!;

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task GoodCode_GivesTokensThatWork()
    {
        var response = await _server.ExchangeCodeAsync(await _server.CodeAsync());
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.True(response.Headers.CacheControl!.NoStore);
        var json = await response.JsonAsync();
        Assert.Equal("bearer", json.Text("token_type"));
        Assert.Equal(900, json["expires_in"]!.GetValue<int>());
        Assert.StartsWith("prt_", json.Text("refresh_token"), StringComparison.Ordinal);
        Assert.Equal("offline_access", json.Text("scope"));
        var who = await _server.WhoAmIAsync(json.Text("access_token"));
        Assert.Equal(_server.User.Id.ToString(), await who.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task WithoutOfflineAccess_ThereIsNoRefreshToken()
    {
        var code = await _server.CodeAsync(AuthorizeUrl(("scope", "openid profile")));
        var json = await (await _server.ExchangeCodeAsync(code)).JsonAsync();
        Assert.Null(json["refresh_token"]);
        Assert.Equal("", json.Text("scope"));
        Assert.Equal("[]", PayloadOf(json.Text("access_token"))["scp"]!.ToJsonString());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task WithoutOfflineAccess_TheSessionEndsWithItsTokensLastCertificate(bool isDevice)
    {
        var person = await _server.SignedInAsync();
        System.Text.Json.Nodes.JsonObject json;
        if (isDevice)
        {
            var begun = await (await _server.PostFormAsync("/oauth2/device_authorization", [("client_id", "postern-cli")])).JsonAsync();
            await person.DecideDeviceAsync(begun, "allow");
            json = await (await _server.PollDeviceAsync(begun)).JsonAsync();
        }
        else
        {
            var code = (await person.AllowAsync(AuthorizeUrl(("scope", null))))["code"];
            json = await (await _server.ExchangeCodeAsync(code)).JsonAsync();
        }

        var payload = PayloadOf(json.Text("access_token"));
        Assert.Equal("[]", payload["scp"]!.ToJsonString());
        var session = await _server.QueryAsync(c => c.Sessions.SingleAsync(s => s.Id == Guid.Parse(payload.Text("sid"))));
        var end = _server.Clock.GetUtcNow() + TimeSpan.FromMinutes(15) + TimeSpan.FromHours(1);
        Assert.Equal((end, end), (session.AbsoluteExpiry, session.IdleExpiry));
    }

    [Fact]
    public async Task JsonBodyWithBasicClient_WorksToo()
    {
        using var client = _server.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/oauth2/token");
        request.Headers.Add("Authorization", "Basic " + Convert.ToBase64String("postern-cli:"u8));
        request.Content = System.Net.Http.Json.JsonContent.Create(new
        {
            grant_type = "authorization_code",
            redirect_uri = RedirectUri,
            code = await _server.CodeAsync(),
            code_verifier = Verifier,
        });
        Assert.Equal(HttpStatusCode.OK, (await client.SendAsync(request)).StatusCode);
    }

    [Theory]
    [InlineData("code")]
    [InlineData("redirect_uri")]
    [InlineData("code_verifier")]
    public async Task MissingParameter_IsNamed(string name) =>
        await (await _server.ExchangeCodeAsync(await _server.CodeAsync(), (name, null)))
            .AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_request", $"The parameter {name} is missing.");

    [Theory]
    [InlineData("code", "pac_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("code", "x")]
    [InlineData("redirect_uri", "http://127.0.0.1:5001")]
    [InlineData("redirect_uri", "http://127.0.0.1:5000/")]
    [InlineData("code_verifier", "wrongwrongwrongwrongwrongwrongwrongwrongwrong")]
    [InlineData("code_verifier", "short")]
    [InlineData("code_verifier", "abcdefghijklmnopqrstuvwxyz0123456789-._~ABC ")]
    public async Task WrongParameter_IsRefused(string name, string value) =>
        await (await _server.ExchangeCodeAsync(await _server.CodeAsync(), (name, value)))
            .AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant");

    [Fact]
    public async Task WrongVerifier_DoesNotSpendTheCode()
    {
        var code = await _server.CodeAsync();
        await _server.ExchangeCodeAsync(code, ("code_verifier", new string('x', 43)));
        Assert.Equal(HttpStatusCode.OK, (await _server.ExchangeCodeAsync(code)).StatusCode);
    }

    [Fact]
    public async Task ChallengeAsVerifier_IsRefused() =>
        await (await _server.ExchangeCodeAsync(await _server.CodeAsync(), ("code_verifier", AuthorizeParameters()["code_challenge"])))
            .AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant");

    [Fact]
    public async Task CodeForAnotherClient_IsRefused()
    {
        await using var server = await LoginServer.StartAsync(new LoginOptions
        {
            Issuer = LoginServer.Issuer,
            Clients = [Login.OAuth.OAuthClient.CommandLine, new("other", "Other", [RedirectUri])],
        });
        await (await server.ExchangeCodeAsync(await server.CodeAsync(), ("client_id", "other")))
            .AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Fact]
    public async Task Code_LastsSixtySeconds()
    {
        var first = await _server.CodeAsync();
        var second = await _server.CodeAsync();
        _server.Clock.Advance(TimeSpan.FromMilliseconds(59_999));
        Assert.Equal(HttpStatusCode.OK, (await _server.ExchangeCodeAsync(first)).StatusCode);
        _server.Clock.Advance(TimeSpan.FromMilliseconds(1));
        await (await _server.ExchangeCodeAsync(second)).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Fact]
    public async Task ReusedCode_EndsWhatItGave()
    {
        var code = await _server.CodeAsync();
        var tokens = await (await _server.ExchangeCodeAsync(code)).JsonAsync();
        await (await _server.ExchangeCodeAsync(code)).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant");
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
        await (await _server.RefreshAsync(tokens.Text("refresh_token")))
            .AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant", "Invalid refresh token");
        Assert.Equal("authorization code used twice", await _server.QueryAsync(c =>
            c.Sessions.Where(s => s.ClientId == "postern-cli").Select(s => s.RevokedReason).SingleAsync()));
    }

    [Fact]
    public async Task DisabledPerson_GetsNothingForACode()
    {
        var code = await _server.CodeAsync();
        await _server.WithAccountsAsync(a => a.SetDisabledAsync(LoginServer.Email, true, CancellationToken.None));
        await (await _server.ExchangeCodeAsync(code)).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Fact]
    public async Task Code_IsStoredAsHashOnly()
    {
        var code = await _server.CodeAsync();
        var stored = await _server.QueryAsync(c => c.AuthorizationCodes.SingleAsync());
        Assert.DoesNotContain(code, System.Text.Json.JsonSerializer.Serialize(stored), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DirectoryOptions.Sqlite)]
    [InlineData(DirectoryOptions.PostgreSql)]
    public async Task ManyAtOnce_OneWinsAtMostAndItsSessionEnds(string provider)
    {
        await using var server = await LoginServer.StartAsync(provider, postgreSql);
        var code = await server.CodeAsync();
        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => server.ExchangeCodeAsync(code))));
        var won = Assert.Single(responses, r => r.StatusCode == HttpStatusCode.OK);
        Assert.Equal(7, responses.Count(r => r.StatusCode == HttpStatusCode.BadRequest));
        Assert.Equal(HttpStatusCode.Unauthorized, (await server.WhoAmIAsync((await won.JsonAsync()).Text("access_token"))).StatusCode);
        Assert.Equal(1, await server.QueryAsync(c => c.Sessions.CountAsync(s => s.ClientId == "postern-cli")));
    }
}
