using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Postern.Login.Tests.Testing;
using Postern.Login.Tokens;

namespace Postern.Login.Tests.Tokens;

/// <summary>What access tokens say, and which are believed.</summary>
public sealed class AccessTokenTests : IAsyncLifetime
{
    private LoginServer _server = null!;

    public async Task InitializeAsync() => _server = await LoginServer.StartAsync();

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Claims_AreTheDocumentedOnes()
    {
        var now = _server.Clock.GetUtcNow().ToUnixTimeSeconds();
        var payload = OAuthCalls.PayloadOf((await _server.LogInAsync()).Text("access_token"));
        Assert.Equal(_server.User.Id.ToString(), payload.Text("sub"));
        Assert.Matches("^[A-Za-z0-9-]+$", payload.Text("sub"));
        Assert.Equal(LoginServer.Issuer, payload.Text("iss"));
        Assert.Equal(LoginServer.Issuer, payload.Text("aud"));
        Assert.Equal(now + 900, payload["exp"]!.GetValue<long>());
        Assert.Equal(now, payload["iat"]!.GetValue<long>());
        Assert.Equal(now, payload["auth_time"]!.GetValue<long>());
        Assert.Equal("[\"pwd\"]", payload["amr"]!.ToJsonString());
        Assert.Equal("[\"offline_access\"]", payload["scp"]!.ToJsonString());
        Assert.Equal("authorization_code", payload.Text("grant"));
        Assert.Equal("{\"sub\":\"postern-cli\",\"src\":\"authorization_code\"}", payload["act"]!.ToJsonString());
        Assert.True(Guid.TryParse(payload.Text("sid"), out _));
        Assert.NotEmpty(payload.Text("jti"));
    }

    [Fact]
    public async Task Payload_IsReadableByStrictStandardBase64()
    {
        for (var i = 0; i < 20; i++)
        {
            Assert.DoesNotContain((await _server.LogInAsync()).Text("access_token").Split('.')[1], c => c is '-' or '_');
        }
    }

    [Fact]
    public void Payload_WithEveryCharacter_HasNoUrlDigits()
    {
        var every = new string([.. Enumerable.Range(1, 0x2FF).Select(i => (char)i)]);
        for (var shift = 0; shift < 3; shift++)
        {
            var json = AccessTokenPayload.Write(
                new AccessTokenClaims
                {
                    UserId = Guid.NewGuid(),
                    SessionId = Guid.NewGuid(),
                    TokenId = new string('x', shift) + every,
                    ClientId = "c",
                    Amr = ["sso:ünï>?~"],
                    AuthTime = DateTimeOffset.UnixEpoch,
                    Grant = "g",
                    Scopes = [],
                },
                "https://x.example",
                DateTimeOffset.UnixEpoch,
                DateTimeOffset.UnixEpoch);
            Assert.All(json, c => Assert.InRange(c, ' ', '}'));
            Assert.DoesNotContain(WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(json)), c => c is '-' or '_');
            using var document = System.Text.Json.JsonDocument.Parse(json);
            Assert.Equal(new string('x', shift) + every, AccessTokenPayload.Read(document.RootElement)!.TokenId);
        }
    }

    [Fact]
    public async Task PublishedKey_VerifiesTheSignature()
    {
        var parts = (await _server.LogInAsync()).Text("access_token").Split('.');
        using var client = _server.Client();
        var metadata = await (await client.GetAsync("/.well-known/oauth-authorization-server")).JsonAsync();
        Assert.Equal(LoginServer.Issuer, metadata.Text("issuer"));
        var key = (await (await client.GetAsync(new Uri(metadata.Text("jwks_uri")).PathAndQuery)).JsonAsync())["keys"]!.AsArray().Single()!.AsObject();
        Assert.Null(key["d"]);
        Assert.Equal(JsonNode.Parse(WebEncoders.Base64UrlDecode(parts[0]))!["kid"]!.GetValue<string>(), key.Text("kid"));
        using var ecdsa = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new() { X = WebEncoders.Base64UrlDecode(key.Text("x")), Y = WebEncoders.Base64UrlDecode(key.Text("y")) },
        });
        Assert.True(ecdsa.VerifyData(
            Encoding.ASCII.GetBytes(parts[0] + "." + parts[1]), WebEncoders.Base64UrlDecode(parts[2]), HashAlgorithmName.SHA256));
    }

    [Fact]
    public async Task ExpiredToken_IsRefused()
    {
        var token = (await _server.LogInAsync()).Text("access_token");
        _server.Clock.Advance(TimeSpan.FromMinutes(15) - TimeSpan.FromSeconds(1));
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(token)).StatusCode);
        _server.Clock.Advance(TimeSpan.FromSeconds(1));
        var response = await _server.WhoAmIAsync(token);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Contains("error=\"invalid_token\"", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
    }

    public static TheoryData<string> Forgeries =>
    [
        "alg-none", "alg-none-empty-signature", "hs256-with-public-key", "rs256", "other-key", "unknown-kid", "no-kid", "kid-path", "kid-sql", "wrong-type",
        "changed-payload", "wrong-issuer", "wrong-audience", "no-expiry", "no-session", "truncated", "empty", "huge", "not-a-token",
    ];

    [Theory]
    [MemberData(nameof(Forgeries))]
    public async Task Forgery_IsRefused(string kind)
    {
        var genuine = (await _server.LogInAsync()).Text("access_token");
        var parts = genuine.Split('.');
        var header = JsonNode.Parse(WebEncoders.Base64UrlDecode(parts[0]))!.AsObject();
        var payload = OAuthCalls.PayloadOf(genuine);
        var ring = (SigningKeyRing)_server.Services.GetService(typeof(SigningKeyRing))!;
        var key = (await ring.GetCurrentAsync(CancellationToken.None)).ECDsa;
        using var otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var token = kind switch
        {
            "alg-none" => Join(With(header, "alg", "none"), payload) + "." + parts[2],
            "alg-none-empty-signature" => Join(With(header, "alg", "none"), payload) + ".",
            "hs256-with-public-key" => SignWithPublicKey(Join(With(header, "alg", "HS256"), payload), key),
            "rs256" => Sign(With(header, "alg", "RS256"), payload, key),
            "kid-path" => Sign(With(header, "kid", "../../../../dev/null"), payload, otherKey),
            "kid-sql" => Sign(With(header, "kid", "x' UNION SELECT 'x"), payload, otherKey),
            "other-key" => Sign(header, payload, otherKey),
            "unknown-kid" => Sign(With(header, "kid", "deadbeef"), payload, otherKey),
            "no-kid" => Sign(With(header, "kid", null), payload, otherKey),
            "wrong-type" => Sign(With(header, "typ", "JWT"), payload, key),
            "changed-payload" => parts[0] + "." + Encode(With(payload, "sub", Guid.NewGuid().ToString())) + "." + parts[2],
            "wrong-issuer" => Sign(header, With(payload, "iss", "https://evil.example"), key),
            "wrong-audience" => Sign(header, With(payload, "aud", "https://evil.example"), key),
            "no-expiry" => Sign(header, With(payload, "exp", null), key),
            "no-session" => Sign(header, With(payload, "sid", null), key),
            "truncated" => genuine[..^10],
            "empty" => "",
            "huge" => new string('a', 20_000),
            _ => "not-a-token",
        };
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await _server.WhoAmIAsync(Sign(header, payload, key))).StatusCode);
    }

    [Fact]
    public async Task TokenNamingAnotherPersonsSession_IsRefused()
    {
        var genuine = (await _server.LogInAsync()).Text("access_token");
        var other = await _server.CreateUserAsync("eve@example.com", "another long password");
        var ring = (SigningKeyRing)_server.Services.GetService(typeof(SigningKeyRing))!;
        var key = (await ring.GetCurrentAsync(CancellationToken.None)).ECDsa;
        var header = JsonNode.Parse(WebEncoders.Base64UrlDecode(genuine.Split('.')[0]))!.AsObject();
        var token = Sign(header, With(OAuthCalls.PayloadOf(genuine), "sub", other.Id.ToString()), key);
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.WhoAmIAsync(token)).StatusCode);
    }

    [Fact]
    public async Task NoToken_IsAskedForWithoutAnErrorCode()
    {
        using var client = _server.Client();
        var response = await client.GetAsync("/whoami");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("Bearer", response.Headers.WwwAuthenticate.ToString());
    }

    private static JsonObject With(JsonObject json, string name, string? value)
    {
        var copy = json.DeepClone().AsObject();
        if (value is null)
        {
            copy.Remove(name);
        }
        else
        {
            copy[name] = value;
        }

        return copy;
    }

    private static string Encode(JsonObject json) => WebEncoders.Base64UrlEncode(Encoding.UTF8.GetBytes(json.ToJsonString()));

    private static string Join(JsonObject header, JsonObject payload) => Encode(header) + "." + Encode(payload);

    private static string Sign(JsonObject header, JsonObject payload, ECDsa key)
    {
        var text = Join(header, payload);
        return text + "." + WebEncoders.Base64UrlEncode(key.SignData(Encoding.ASCII.GetBytes(text), HashAlgorithmName.SHA256));
    }

    private static string SignWithPublicKey(string text, ECDsa key) =>
        text + "." + WebEncoders.Base64UrlEncode(HMACSHA256.HashData(key.ExportSubjectPublicKeyInfo(), Encoding.ASCII.GetBytes(text)));
}
