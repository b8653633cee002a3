using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Login.Accounts;
using Postern.Login.Tests.Testing;
using Postern.Ssh.Keys;

namespace Postern.Login.Tests.Certificates;

/// <summary>What <c>POST /ssh</c> signs, for whom and until when.</summary>
public sealed class CertificateEndpointTests : IAsyncLifetime
{
    private readonly string _key = Ed25519PrivateKey.Generate().PublicKey.ToAuthorizedKey("ada@laptop");
    private LoginServer _server = null!;

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task SignedInClient_GetsACertificateOfTheSession()
    {
        var token = (await _server.LogInAsync()).Text("access_token");
        var payload = OAuthCalls.PayloadOf(token);
        var certificate = await CertificateAsync(await PostAsync(token, Body(_key)));
        var user = _server.User.Id.ToString();
        Assert.Equal(user, certificate.KeyId);
        Assert.Equal([user], certificate.Principals);
        Assert.Equal(_key.Split(' ')[1], certificate.Key.ToAuthorizedKey().Split(' ')[1]);
        Assert.Equal(_server.Clock.GetUtcNow().AddHours(1).ToUnixTimeSeconds(), (long)certificate.ValidBefore);
        Assert.Equal(payload.Text("jti"), Extension(certificate, "token-id@postern.test"));
        var claims = JsonNode.Parse(Extension(certificate, "token-claims@postern.test")!)!.AsObject();
        Assert.Equal(["act", "amr", "auth_time", "grant", "scp"], claims.Select(c => c.Key).Order(StringComparer.Ordinal));
        Assert.All(claims, c => Assert.Equal(payload[c.Key]!.ToJsonString(), c.Value!.ToJsonString()));
        Assert.Null(Extension(certificate, "is-app@postern.test"));
        Assert.Null(Extension(certificate, "has-mfa@postern.test"));
    }

    [Fact]
    public async Task EveryCertificate_IsOnRecord()
    {
        var token = (await _server.LogInAsync()).Text("access_token");
        var certificate = await CertificateAsync(await PostAsync(token, Body(_key)));
        var row = await _server.QueryAsync(c => c.IssuedCertificates.SingleAsync());
        Assert.Equal((long)certificate.Serial, row.Serial);
        Assert.Equal(OAuthCalls.PayloadOf(token).Text("sid"), row.SessionId.ToString());
        Assert.Equal("192.0.2.1", row.SourceAddress);
    }

    [Fact]
    public async Task OrganizationThatPins_TiesTheCertificateToTheAddressItWasAskedFrom()
    {
        var token = (await _server.LogInAsync()).Text("access_token");
        Assert.Null((await CertificateAsync(await PostAsync(token, Body(_key)))).FindCriticalOption("source-address"));
        await _server.QueryAsync(async context =>
        {
            context.Organizations.Add(new Directory.Organizations.Organization
            {
                Id = "01ARZ3NDEKTSV4RRFFQ69G5FAV",
                Name = "acme",
                Label = "Acme",
                OwnerId = _server.User.Id,
                PinsSourceAddress = true,
            });
            return await context.SaveChangesAsync();
        });
        var certificate = await CertificateAsync(await PostAsync(token, Body(_key)));
        Assert.Equal("192.0.2.1/32", certificate.FindCriticalOption("source-address"));
    }

    [Fact]
    public async Task CertificateOfAnApiToken_IsMarkedAsApp()
    {
        var tokens = _server.Services.GetRequiredService<ApiTokenService>();
        var created = await tokens.CreateAsync(
            new NewApiToken { UserId = _server.User.Id, Name = "ci", Actor = "test" }, CancellationToken.None);
        var answer = await (await _server.TokenAsync(
            ("grant_type", "api_token"), ("api_token", created.Secret), ("client_id", "postern-cli"))).JsonAsync();
        var certificate = await CertificateAsync(await PostAsync(answer.Text("access_token"), Body(_key)));
        Assert.Equal("", Extension(certificate, "is-app@postern.test"));
    }

    [Fact]
    public async Task Certificate_EndsNoLaterThanTheSession()
    {
        var tokens = _server.Services.GetRequiredService<ApiTokenService>();
        var end = _server.Clock.GetUtcNow().AddMinutes(20);
        var created = await tokens.CreateAsync(
            new NewApiToken { UserId = _server.User.Id, Name = "ci", ExpiresAt = end, Actor = "test" }, CancellationToken.None);
        var answer = await (await _server.TokenAsync(
            ("grant_type", "api_token"), ("api_token", created.Secret), ("client_id", "postern-cli"))).JsonAsync();
        var certificate = await CertificateAsync(await PostAsync(answer.Text("access_token"), Body(_key)));
        Assert.Equal(end.ToUnixTimeSeconds(), (long)certificate.ValidBefore);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"key\": null}")]
    [InlineData("{\"key\": 7}")]
    [InlineData("{\"key\": \"\"}")]
    [InlineData("{\"key\": \"hello\"}")]
    [InlineData("{\"key\": \"ssh-ed25519 AAAA\"}")]
    [InlineData("{\"key\": \"ssh-dss AAAAB3NzaC1kc3MAAAABAQ==\"}")]
    [InlineData("{\"key\": \"ssh-ed25519-cert-v01@openssh.com AAAA\"}")]
    public async Task BadKey_IsAProblemThatSaysWhy(string body)
    {
        var token = (await _server.LogInAsync()).Text("access_token");
        var response = await PostAsync(token, body);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.NotEmpty((await response.JsonAsync()).Text("detail"));
        Assert.Equal(0, await _server.QueryAsync(c => c.IssuedCertificates.CountAsync()));
    }

    [Fact]
    public async Task HugeKey_IsRefused()
    {
        var token = (await _server.LogInAsync()).Text("access_token");
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(token, Body("ssh-rsa " + new string('A', 100_000)))).StatusCode);
    }

    [Fact]
    public async Task TwoKeysInOneLine_AreRefused()
    {
        var token = (await _server.LogInAsync()).Text("access_token");
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync(token, Body(_key + "\n" + _key))).StatusCode);
    }

    [Fact]
    public async Task EndedSession_GetsNone()
    {
        var tokens = await _server.LogInAsync();
        using var client = _server.Client();
        await client.PostAsync("/oauth2/revoke", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["client_id"] = "postern-cli",
            ["client_secret"] = "",
            ["token"] = tokens.Text("refresh_token"),
            ["token_type_hint"] = "refresh_token",
        }));
        Assert.Equal(HttpStatusCode.Unauthorized, (await PostAsync(tokens.Text("access_token"), Body(_key))).StatusCode);
    }

    [Fact]
    public async Task Stranger_GetsNone()
    {
        using var client = _server.Client();
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsJsonAsync("/ssh", new { key = _key })).StatusCode);
    }

    [Fact]
    public async Task Browser_CannotAskWithItsCookie()
    {
        var browser = _server.Browser();
        await browser.SignInAsync();
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.PostAsync("/ssh", ("key", _key))).StatusCode);
    }

    [Fact]
    public async Task TooMany_AreRefusedForAWhile()
    {
        var token = (await _server.LogInAsync()).Text("access_token");
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await PostAsync(token, Body(_key))).StatusCode);
        }

        var refused = await PostAsync(token, Body(_key));
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);
    }

    [Fact]
    public async Task Authorities_AreListedForAnybody()
    {
        using var client = _server.Client();
        var list = (await (await client.GetAsync("/ssh/authority")).JsonAsync())["authorities"]!.AsArray();
        var token = (await _server.LogInAsync()).Text("access_token");
        var certificate = await CertificateAsync(await PostAsync(token, Body(_key)));
        Assert.Equal(certificate.SignatureKey.ToAuthorizedKey(), Assert.Single(list)!.GetValue<string>());
    }

    private static string Body(string key) => new JsonObject { ["key"] = key }.ToJsonString();

    private static string? Extension(Certificate certificate, string name) =>
        certificate.Extensions.Where(e => e.Name == name).Select(e => e.Value).FirstOrDefault();

    private static async Task<Certificate> CertificateAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return Certificate.Parse((await response.JsonAsync()).Text("certificate"));
    }

    private async Task<HttpResponseMessage> PostAsync(string token, string body)
    {
        using var client = _server.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/ssh") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await client.SendAsync(request);
    }
}
