using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Postern.Login.Tests.Testing;

namespace Postern.Login.Tests.OAuth;

/// <summary>What resource servers learn about tokens, and that nobody else does (RFC 7662).</summary>
public sealed class IntrospectionTests : IAsyncLifetime
{
    private const string Secret = "0123456789abcdef0123456789abcdef+/=%";

    private readonly string _file = Path.GetTempFileName();
    private LoginServer _server = null!;

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_file, Secret + "\n");
        _server = await LoginServer.StartAsync(new LoginOptions { Issuer = LoginServer.Issuer, IntrospectionSecretFile = _file });
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        File.Delete(_file);
    }

    [Fact]
    public async Task AccessToken_OfALiveSession_IsDescribed()
    {
        var token = (await _server.LogInAsync()).Text("access_token");
        var answer = await (await IntrospectAsync(token)).JsonAsync();
        var payload = OAuthCalls.PayloadOf(token);
        Assert.True(answer["active"]!.GetValue<bool>());
        foreach (var name in new[] { "sub", "client_id", "exp", "iat", "iss", "aud", "jti", "sid", "amr", "auth_time" })
        {
            Assert.Equal(payload[name]!.ToJsonString(), answer[name]!.ToJsonString());
        }

        Assert.Equal(("Bearer", "offline_access", LoginServer.Email), (answer.Text("token_type"), answer.Text("scope"), answer.Text("username")));
    }

    [Fact]
    public async Task Tokens_ThatDoNotHold_AreInactiveAndNoMore()
    {
        var tokens = await _server.LogInAsync();
        var refreshed = await (await _server.RefreshAsync(tokens.Text("refresh_token"))).JsonAsync();
        Assert.True((await (await IntrospectAsync(refreshed.Text("refresh_token"))).JsonAsync())["active"]!.GetValue<bool>());
        await AssertInactiveAsync(tokens.Text("refresh_token"));
        await AssertInactiveAsync("nonsense");
        await AssertInactiveAsync(refreshed.Text("access_token") + "x");
        await _server.PostFormAsync("/oauth2/revoke", [("client_id", "postern-cli"), ("token", refreshed.Text("refresh_token"))]);
        await AssertInactiveAsync(refreshed.Text("access_token"));
        await AssertInactiveAsync(refreshed.Text("refresh_token"));
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("postern-cli", "")]
    [InlineData("postern-resource-server", "")]
    [InlineData("postern-resource-server", "wrong")]
    [InlineData("postern-cli", Secret)]
    public async Task WhoIsNoResourceServer_LearnsNothing(string? client, string? secret)
    {
        var token = (await _server.LogInAsync()).Text("access_token");
        var answer = await IntrospectAsync(token, client, secret);
        await answer.AssertErrorAsync(HttpStatusCode.Unauthorized, "invalid_client");
        Assert.Equal("Basic realm=\"postern\"", answer.Headers.WwwAuthenticate.ToString());
    }

    [Fact]
    public async Task GuessingTheSecret_IsBounded()
    {
        for (var i = 0; i < 60; i++)
        {
            await IntrospectAsync("x", "postern-resource-server", $"guess {i}");
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, (await IntrospectAsync("x", "postern-resource-server", "guess")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await IntrospectAsync("x")).StatusCode);
    }

    [Fact]
    public async Task WithoutASecret_ThereIsNoEndpointAndNoneIsAnnounced()
    {
        await using var server = await LoginServer.StartAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await server.PostFormAsync("/oauth2/introspect", [("token", "x")])).StatusCode);
        using var client = server.Client();
        Assert.Null((await (await client.GetAsync("/.well-known/oauth-authorization-server")).JsonAsync())["introspection_endpoint"]);
        using var with = _server.Client();
        Assert.Equal(
            "https://postern.example/oauth2/introspect",
            (await (await with.GetAsync("/.well-known/oauth-authorization-server")).JsonAsync()).Text("introspection_endpoint"));
    }

    [Fact]
    public async Task ShortSecret_KeepsTheServerFromStarting()
    {
        await File.WriteAllTextAsync(_file, "short");
        var fault = await Assert.ThrowsAsync<IOException>(
            () => LoginServer.StartAsync(new LoginOptions { Issuer = LoginServer.Issuer, IntrospectionSecretFile = _file }));
        Assert.DoesNotContain("short\"", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MissingToken_IsNamed() =>
        await (await IntrospectAsync(null)).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_request", "The parameter token is missing.");

    private async Task AssertInactiveAsync(string token) =>
        Assert.Equal("{\"active\":false}", (await (await IntrospectAsync(token)).JsonAsync()).ToJsonString());

    private async Task<HttpResponseMessage> IntrospectAsync(string? token, string? client = "postern-resource-server", string? secret = Secret)
    {
        using var http = _server.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/oauth2/introspect")
        {
            Content = new FormUrlEncodedContent(token is null ? [] : [KeyValuePair.Create("token", token)]),
        };
        if (client is not null)
        {
            // Each form-encoded by itself, as RFC 6749 section 2.3.1 says.
            var pair = $"{Uri.EscapeDataString(client)}:{Uri.EscapeDataString(secret!)}";
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(pair)));
        }

        return await http.SendAsync(request);
    }
}
