using System.Net;
using System.Text;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.OAuth;

/// <summary>How token and revocation requests are read, whatever they ask for.</summary>
public sealed class TokenRequestTests : IAsyncLifetime
{
    private const string Basic = "Basic cG9zdGVybi1jbGk6"; // postern-cli:

    private LoginServer _server = null!;

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Theory]
    [InlineData(null, "", "invalid_request")]
    [InlineData("text/plain", "grant_type=refresh_token", "invalid_request")]
    [InlineData("application/x-www-form-urlencoded", "", "invalid_client")]
    [InlineData("application/x-www-form-urlencoded", "client_id=postern-cli", "invalid_request")]
    [InlineData("application/x-www-form-urlencoded", "client_id=postern-cli&grant_type=", "invalid_request")]
    [InlineData("application/x-www-form-urlencoded", "client_id=postern-cli&grant_type=password", "unsupported_grant_type")]
    [InlineData("application/x-www-form-urlencoded", "client_id=postern-cli&grant_type=client_credentials", "unsupported_grant_type")]
    [InlineData("application/x-www-form-urlencoded", "client_id=postern-cli&client_id=postern-cli&grant_type=refresh_token", "invalid_request")]
    [InlineData("application/x-www-form-urlencoded", "client_id=unknown&grant_type=refresh_token&refresh_token=x", "invalid_client")]
    [InlineData("application/x-www-form-urlencoded", "client_id=postern-cli&client_secret=s&grant_type=refresh_token&refresh_token=x", "invalid_client")]
    [InlineData("application/json", "", "invalid_request")]
    [InlineData("application/json", "{", "invalid_request")]
    [InlineData("application/json", "[]", "invalid_request")]
    [InlineData("application/json", "\"text\"", "invalid_request")]
    [InlineData("application/json", "{\"client_id\":\"postern-cli\",\"grant_type\":7}", "invalid_request")]
    [InlineData("application/json", "{\"client_id\":\"postern-cli\",\"grant_type\":[\"api_token\"]}", "invalid_request")]
    [InlineData("application/json", "{\"client_id\":\"postern-cli\",\"client_id\":\"postern-cli\",\"grant_type\":\"api_token\"}", "invalid_request")]
    [InlineData("application/json", "{\"client_id\":\"postern-cli\",\"grant_type\":\"\\ud800\"}", "invalid_request")]
    public async Task MalformedRequest_IsRefusedAsTheRfcSays(string? type, string body, string error)
    {
        var response = await SendAsync("/oauth2/token", type, body, null);
        await response.AssertErrorAsync(error == "invalid_client" ? HttpStatusCode.Unauthorized : HttpStatusCode.BadRequest, error);
        Assert.True(response.Headers.CacheControl!.NoStore);
    }

    [Theory]
    [InlineData("Basic cG9zdGVybi1jbGk6", "Invalid refresh token", HttpStatusCode.BadRequest)]
    [InlineData("basic cG9zdGVybi1jbGk6", "Invalid refresh token", HttpStatusCode.BadRequest)]
    [InlineData("Basic cG9zdGVybi1jbGk6c2VjcmV0", null, HttpStatusCode.Unauthorized)]
    [InlineData("Basic !!!", null, HttpStatusCode.Unauthorized)]
    [InlineData("Basic", null, HttpStatusCode.Unauthorized)]
    [InlineData("Basic cG9zdGVybi1jbGk=", null, HttpStatusCode.Unauthorized)]
    [InlineData("Basic Og==", null, HttpStatusCode.Unauthorized)]
    [InlineData("Bearer x", null, HttpStatusCode.Unauthorized)]
    public async Task ClientInTheHeader_MustBeBasicWithoutAPassword(string header, string? description, HttpStatusCode status)
    {
        var response = await SendAsync("/oauth2/token", "application/x-www-form-urlencoded", "grant_type=refresh_token&refresh_token=x&scope=", header);
        await response.AssertErrorAsync(status, status == HttpStatusCode.Unauthorized ? "invalid_client" : "invalid_grant", description);
        Assert.Equal(status == HttpStatusCode.Unauthorized, response.Headers.WwwAuthenticate.Count > 0);
    }

    [Fact]
    public async Task HugeHeader_IsRefused() => await (await SendAsync(
            "/oauth2/token", "application/x-www-form-urlencoded", "grant_type=refresh_token", "Basic " + new string('A', 4000)))
        .AssertErrorAsync(HttpStatusCode.Unauthorized, "invalid_client");

    [Fact]
    public async Task ClientInHeaderAndBody_MustAgree() => await (await SendAsync(
            "/oauth2/token", "application/x-www-form-urlencoded", "grant_type=refresh_token&refresh_token=x&client_id=other", Basic))
        .AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_request");

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/json")]
    public async Task HugeBody_IsRefused(string type)
    {
        var body = type == "application/json" ? "{\"grant_type\":\"" + new string('x', 40_000) + "\"}" : "grant_type=" + new string('x', 40_000);
        await (await SendAsync("/oauth2/token", type, body, Basic)).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_request");
    }

    [Fact]
    public async Task ManyFields_AreRefused() => await (await SendAsync(
            "/oauth2/token", "application/x-www-form-urlencoded", string.Join('&', Enumerable.Range(0, 100).Select(i => $"f{i}=1")), Basic))
        .AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_request");

    [Fact]
    public async Task LongParameter_IsRefused() => await (await SendAsync(
            "/oauth2/token", "application/x-www-form-urlencoded", "grant_type=refresh_token&refresh_token=" + new string('x', 9000), Basic))
        .AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_request", "A parameter is too long.");

    [Fact]
    public async Task GetOfTheTokenEndpoint_IsNotAllowed()
    {
        using var client = _server.Client();
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await client.GetAsync("/oauth2/token")).StatusCode);
    }

    [Theory]
    [InlineData("refresh_token", "refresh_token")]
    [InlineData("access_token", "access_token")]
    [InlineData("refresh_token", "access_token")]
    [InlineData("access_token", null)]
    public async Task Revocation_EndsTheSessionByEitherTokenWhateverTheHint(string kind, string? hint)
    {
        var tokens = await _server.LogInAsync();
        var response = await RevokeAsync(tokens.Text(kind), hint);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("", await response.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
        await (await _server.RefreshAsync(tokens.Text("refresh_token"))).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant", "Invalid refresh token");
        Assert.Equal(HttpStatusCode.OK, (await RevokeAsync(tokens.Text(kind), hint)).StatusCode);
    }

    [Fact]
    public async Task Revocation_OfAnUnknownToken_IsFine() => Assert.Equal(HttpStatusCode.OK, (await RevokeAsync("nonsense", null)).StatusCode);

    [Fact]
    public async Task Revocation_LeavesOtherSessionsAlone()
    {
        var (one, other) = (await _server.LogInAsync(), await _server.LogInAsync());
        await RevokeAsync(one.Text("refresh_token"), null);
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(other.Text("access_token"))).StatusCode);
    }

    [Fact]
    public async Task Revocation_WithoutToken_IsRefused() => await (await SendAsync(
            "/oauth2/revoke", "application/x-www-form-urlencoded", "client_id=postern-cli", null))
        .AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_request");

    [Fact]
    public async Task Revocation_TellsTheChangeFeed()
    {
        var tokens = await _server.LogInAsync();
        await RevokeAsync(tokens.Text("refresh_token"), null);
        var sid = OAuthCalls.PayloadOf(tokens.Text("access_token")).Text("sid");
        Assert.True(await _server.QueryAsync(c => Task.FromResult(c.Changes.Any(change => change.Kind == "session" && change.Subject == sid))));
    }

    private Task<HttpResponseMessage> RevokeAsync(string token, string? hint) => SendAsync(
        "/oauth2/revoke",
        "application/x-www-form-urlencoded",
        $"client_id=postern-cli&client_secret=&token={Uri.EscapeDataString(token)}" + (hint is null ? "" : "&token_type_hint=" + hint),
        null);

    private async Task<HttpResponseMessage> SendAsync(string url, string? type, string body, string? authorization)
    {
        using var client = _server.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        if (type is not null)
        {
            request.Content.Headers.Add("Content-Type", type);
        }

        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        return await client.SendAsync(request);
    }
}
