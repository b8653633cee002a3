using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Postern.Login.OAuth;
using Postern.Login.Tests.Testing;
using Postern.Login.Tokens;

namespace Postern.Login.Tests.Attacks;

/// <summary>
/// Attacks on the OAuth endpoints, each with the name it has in the books. Those that have a test class of their own are there:
/// code and refresh token reuse, redirect mismatch, repeated parameters, forged tokens, guessed device codes.
/// </summary>
public sealed class AttackTests : IAsyncLifetime
{
    private static readonly OAuthClient OtherClient = new("other-client", "Another program", ["http://127.0.0.1:5000", "http://127.0.0.1:7000"]);

    private LoginServer _server = null!;

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync(new LoginOptions
    {
        Issuer = LoginServer.Issuer,
        Clients = [OAuthClient.CommandLine, OtherClient],
    });

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task IssuerMixUp_EveryAnswerNamesItsIssuer()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        Assert.Equal(LoginServer.Issuer, (await browser.AllowAsync())["iss"]);
        var denied = await browser.SubmitAsync(OAuthCalls.AuthorizeUrl(), OAuthCalls.AuthorizeUrl(), ("decision", "deny"));
        Assert.Equal(LoginServer.Issuer, OAuthCalls.QueryOf(denied)["iss"]);
        var faulty = await browser.GetAsync(OAuthCalls.AuthorizeUrl(("response_type", "token")));
        Assert.Equal((LoginServer.Issuer, "st-1"), (OAuthCalls.QueryOf(faulty)["iss"], OAuthCalls.QueryOf(faulty)["state"]));
        using var client = _server.Client();
        var metadata = await (await client.GetAsync("/.well-known/oauth-authorization-server")).JsonAsync();
        Assert.True(metadata["authorization_response_iss_parameter_supported"]!.GetValue<bool>());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("abcdefghijklmnopqrstuvwxyz0123456789-._~ABCE")]
    public async Task PkceDowngrade_CodeWithAChallengeNeedsItsVerifier(string? verifier)
    {
        var code = await _server.CodeAsync();
        Assert.Equal(HttpStatusCode.BadRequest, (await _server.ExchangeCodeAsync(code, ("code_verifier", verifier))).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await _server.ExchangeCodeAsync(code, ("code_verifier", verifier), ("code_challenge_method", "plain"))).StatusCode);
    }

    [Theory]
    [InlineData("code_challenge")]
    [InlineData("code_challenge_method")]
    public async Task PkceDowngrade_RequestWithoutAChallengeGetsNoPage(string parameter)
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        var answer = await browser.GetAsync(OAuthCalls.AuthorizeUrl((parameter, null)));
        Assert.Equal("invalid_request", OAuthCalls.QueryOf(answer)["error"]);
    }

    [Fact]
    public async Task CodeInjection_CodeOfAnotherClientIsWorthless()
    {
        var code = await _server.CodeAsync();
        await (await _server.ExchangeCodeAsync(code, ("client_id", "other-client"))).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Fact]
    public async Task TokenSubstitution_RefreshTokenOfAnotherClientIsWorthless()
    {
        var tokens = await _server.LogInAsync();
        var answer = await _server.TokenAsync(
            ("grant_type", "refresh_token"), ("refresh_token", tokens.Text("refresh_token")), ("client_id", "other-client"));
        await answer.AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant");
        Assert.Equal(HttpStatusCode.OK, (await _server.RefreshAsync(tokens.Text("refresh_token"))).StatusCode);
    }

    [Theory]
    [InlineData("refresh_token")]
    [InlineData("access_token")]
    public async Task ForeignRevocation_IsRefusedAndSaysSo(string kind)
    {
        var tokens = await _server.LogInAsync();
        var answer = await _server.PostFormAsync("/oauth2/revoke", [("client_id", "other-client"), ("token", tokens.Text(kind))]);
        await answer.AssertErrorAsync(HttpStatusCode.BadRequest, "unauthorized_client");
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(tokens.Text("access_token"))).StatusCode);
    }

    [Fact]
    public async Task DeviceCodeSubstitution_CodeOfAnotherClientIsWorthless()
    {
        var begun = await _server.BeginDeviceAsync();
        var answer = await _server.TokenAsync(
            ("grant_type", DeviceCodeGrant.GrantType), ("device_code", begun.Text("device_code")), ("client_id", "other-client"));
        await answer.AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Theory]
    [InlineData("jku", "https://evil.example/keys")]
    [InlineData("x5u", "https://evil.example/chain")]
    [InlineData("jwk", null)]
    public async Task KeyInjection_KeysThatTheTokenBringsAreIgnored(string name, string? value)
    {
        var genuine = (await _server.LogInAsync()).Text("access_token");
        using var own = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var point = own.ExportParameters(includePrivateParameters: false).Q;
        var header = JsonNode.Parse(WebEncoders.Base64UrlDecode(genuine.Split('.')[0]))!.AsObject();
        header[name] = value is not null ? JsonValue.Create(value) : new JsonObject
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["x"] = WebEncoders.Base64UrlEncode(point.X!),
            ["y"] = WebEncoders.Base64UrlEncode(point.Y!),
        };
        var text = WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(header.ToJsonString())) + "." + genuine.Split('.')[1];
        var token = text + "." + WebEncoders.Base64UrlEncode(own.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256));
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(token)).StatusCode);
    }

    [Fact]
    public async Task NotYetValid_TokenIsRefused()
    {
        var genuine = (await _server.LogInAsync()).Text("access_token");
        var ring = (SigningKeyRing)_server.Services.GetService(typeof(SigningKeyRing))!;
        var key = (await ring.GetCurrentAsync(CancellationToken.None)).ECDsa;
        var payload = OAuthCalls.PayloadOf(genuine);
        payload["nbf"] = _server.Clock.GetUtcNow().AddMinutes(5).ToUnixTimeSeconds();
        var text = genuine.Split('.')[0] + "." + WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(payload.ToJsonString()));
        var token = text + "." + WebEncoders.Base64UrlEncode(key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256));
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(token)).StatusCode);
    }

    [Fact]
    public async Task TokenConfusion_RefreshCodeAndApiTokensAreNoAccessTokens()
    {
        var tokens = await _server.LogInAsync();
        foreach (var token in new[] { tokens.Text("refresh_token"), await _server.CodeAsync(), (await _server.BeginDeviceAsync()).Text("device_code") })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(token)).StatusCode);
        }
    }

    [Fact]
    public async Task TokenInAUrl_IsNotLookedAt()
    {
        var token = (await _server.LogInAsync()).Text("access_token");
        using var client = _server.Client();
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync($"/whoami?access_token={token}")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync($"/whoami?Authorization=Bearer%20{token}")).StatusCode);
    }

    [Theory]
    [InlineData("/oauth2/token?grant_type=refresh_token&client_id=postern-cli&refresh_token=")]
    [InlineData("/oauth2/revoke?client_id=postern-cli&token=")]
    [InlineData("/oauth2/device_authorization?client_id=postern-cli&x=")]
    public async Task CredentialsInAUrl_AreNotLookedAt(string url)
    {
        var tokens = await _server.LogInAsync();
        var answer = await _server.PostFormAsync(url + tokens.Text("refresh_token"), []);
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode); // The body names no client, and the query does not count.
        using var client = _server.Client();
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await client.GetAsync(url + tokens.Text("refresh_token"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _server.RefreshAsync(tokens.Text("refresh_token"))).StatusCode);
    }

    public static TheoryData<string> MachineEndpoints => ["/oauth2/token", "/oauth2/revoke", "/oauth2/device_authorization"];

    [Theory]
    [MemberData(nameof(MachineEndpoints))]
    public async Task HugeBody_IsRefusedUnread(string url)
    {
        using var client = _server.Client();
        using var body = new ByteArrayContent(new byte[4 * 1024 * 1024]);
        body.Headers.ContentType = new MediaTypeHeaderValue("application/x-www-form-urlencoded");
        await (await client.PostAsync(url, body)).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_request");
    }

    [Theory]
    [MemberData(nameof(MachineEndpoints))]
    public async Task WrongContentType_IsRefused(string url)
    {
        using var client = _server.Client();
        foreach (var type in new[] { "text/plain", "multipart/form-data; boundary=x", "application/xml", "application/x-www-form-urlencodedx" })
        {
            using var body = new ByteArrayContent("client_id=postern-cli&token=x&grant_type=refresh_token"u8.ToArray());
            body.Headers.TryAddWithoutValidation("Content-Type", type);
            await (await client.PostAsync(url, body)).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_request");
        }
    }

    [Theory]
    [MemberData(nameof(MachineEndpoints))]
    public async Task RepeatedParameter_IsRefusedWhereverItComes(string url)
    {
        using var client = _server.Client();
        foreach (var name in new[] { "client_id", "token", "grant_type", "scope", "x" })
        {
            using var body = new StringContent(
                $"client_id=postern-cli&token=x&grant_type=refresh_token&{name}=1&{name}=2", Encoding.UTF8, "application/x-www-form-urlencoded");
            await (await client.PostAsync(url, body)).AssertErrorAsync(HttpStatusCode.BadRequest, "invalid_request");
        }
    }
}
