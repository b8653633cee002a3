using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Postern.Login.OAuth;

namespace Postern.Login.Tests.Testing;

/// <summary>
/// An OpenID Connect provider that can be made to lie: real HTTP on a loopback port, every answer replaceable. Providers that tell
/// the truth are real programs, in tests/EndToEnd.
/// </summary>
internal sealed class TestProvider : IAsyncDisposable
{
    public const string ClientId = "postern at acme";
    public const string Secret = "s3cret: +/&=%";

    private readonly Dictionary<string, (string Nonce, string Challenge, string RedirectUri)> _codes = [];
    private readonly TestClock _clock;
    private readonly WebApplication _application;
    private int _serial;

    private TestProvider(TestClock clock)
    {
        _clock = clock;
        Issuer = $"http://127.0.0.1:{Ports.Free()}";
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(Issuer);
        builder.Logging.ClearProviders();
        _application = builder.Build();
        _application.Use(async (context, next) =>
        {
            Requests.Add(context.Request.Method + " " + context.Request.Path);
            if (Intercept is null || !await Intercept(context))
            {
                await next(context);
            }
        });
        _application.MapGet("/.well-known/openid-configuration", () => Results.Text(Metadata().ToJsonString(), "application/json"));
        _application.MapGet("/keys", () => Results.Text(KeySet().ToJsonString(), "application/json"));
        _application.MapGet("/me", () => Results.Text(UserInfo!.ToJsonString(), "application/json"));
        _application.MapPost("/token", AnswerAsync);
    }

    public string Issuer { get; }

    /// <summary>What it says about the person.</summary>
    public JsonObject Person { get; } = new()
    {
        ["sub"] = "sub-ada",
        ["email"] = LoginServer.Email,
        ["email_verified"] = true,
        ["given_name"] = "Ada",
        ["family_name"] = "Lovelace",
    };

    /// <summary>Claims put over everything else; null removes one.</summary>
    public Dictionary<string, JsonNode?> Lies { get; } = [];

    public JsonObject? UserInfo { get; set; }

    /// <summary>Changes the discovery document.</summary>
    public Action<JsonObject>? ChangeMetadata { get; set; }

    /// <summary>Makes the ID token of its payload, in place of signing it properly.</summary>
    public Func<JsonObject, string>? Forge { get; set; }

    /// <summary>Answers in place of the provider; true when it did.</summary>
    public Func<HttpContext, Task<bool>>? Intercept { get; set; }

    public bool GivesRefreshToken { get; set; } = true;

    /// <summary>Whether refreshes are refused, as those of a deactivated person are.</summary>
    public bool IsDeactivated { get; set; }

    public List<string> Requests { get; } = [];

    public ECDsaSecurityKey Key { get; set; } = NewKey("k1");

    public string? RefreshToken { get; private set; }

    public static async Task<TestProvider> StartAsync(TestClock clock)
    {
        var provider = new TestProvider(clock);
        await provider._application.StartAsync();
        return provider;
    }

    public static ECDsaSecurityKey NewKey(string keyId) => new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = keyId };

    /// <summary>The person signs in: a code for the address that they were sent with.</summary>
    public string Authorize(string link)
    {
        var query = QueryHelpers.ParseQuery(new Uri(link).Query);
        Assert.Equal("code", query["response_type"]);
        Assert.Equal("S256", query["code_challenge_method"]);
        Assert.Equal(ClientId, query["client_id"]);
        Assert.Contains("openid", query["scope"].ToString().Split(' '));
        var code = $"code-{++_serial}";
        _codes[code] = (query["nonce"]!, query["code_challenge"]!, query["redirect_uri"]!);
        return code;
    }

    /// <summary>Signs a payload with any key.</summary>
    public static string Sign(JsonObject payload, SigningCredentials? credentials) =>
        new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            payload.ToJsonString(), credentials!);

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    public JsonObject KeySet()
    {
        var point = Key.ECDsa.ExportParameters(false).Q;
        return new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["kty"] = "EC",
                ["crv"] = "P-256",
                ["kid"] = Key.KeyId,
                ["x"] = Base64UrlEncoder.Encode(point.X!),
                ["y"] = Base64UrlEncoder.Encode(point.Y!),
            }),
        };
    }

    private JsonObject Metadata()
    {
        var document = new JsonObject
        {
            ["issuer"] = Issuer,
            ["authorization_endpoint"] = Issuer + "/auth",
            ["token_endpoint"] = Issuer + "/token",
            ["jwks_uri"] = Issuer + "/keys",
            ["userinfo_endpoint"] = Issuer + "/me",
            ["response_types_supported"] = new JsonArray("code"),
            ["scopes_supported"] = new JsonArray("openid", "offline_access"),
            ["authorization_response_iss_parameter_supported"] = true,
        };
        ChangeMetadata?.Invoke(document);
        return document;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var header = AuthenticationHeaderValue.Parse(context.Request.Headers.Authorization!);
        var pair = Encoding.ASCII.GetString(Convert.FromBase64String(header.Parameter!)).Split(':');
        var (id, secret) = (WebUtilityDecode(pair[0]), WebUtilityDecode(pair[1]));
        var form = await context.Request.ReadFormAsync();
        if (id != ClientId || secret != Secret)
        {
            await RefuseAsync(context, 401, "invalid_client");
        }
        else if (form["grant_type"] == "refresh_token")
        {
            if (IsDeactivated || form["refresh_token"] != RefreshToken)
            {
                await RefuseAsync(context, 400, "invalid_grant");
                return;
            }

            await WriteAsync(context, null);
        }
        else if (!_codes.Remove(form["code"]!, out var code) || Pkce.ChallengeOf(form["code_verifier"]!) != code.Challenge || form["redirect_uri"] != code.RedirectUri)
        {
            await RefuseAsync(context, 400, "invalid_grant");
        }
        else
        {
            await WriteAsync(context, code.Nonce);
        }
    }

    private async Task WriteAsync(HttpContext context, string? nonce)
    {
        var now = _clock.GetUtcNow().ToUnixTimeSeconds();
        var payload = (JsonObject)Person.DeepClone();
        payload["iss"] = Issuer;
        payload["aud"] = ClientId;
        payload["iat"] = now;
        payload["exp"] = now + 300;
        payload["auth_time"] = now;
        if (nonce is not null)
        {
            payload["nonce"] = nonce;
        }

        foreach (var (name, value) in Lies)
        {
            payload.Remove(name);
            if (value is not null)
            {
                payload[name] = value.DeepClone();
            }
        }

        var answer = new JsonObject
        {
            ["access_token"] = "at",
            ["token_type"] = "Bearer",
            ["id_token"] = Forge?.Invoke(payload) ?? Sign(payload, new SigningCredentials(Key, SecurityAlgorithms.EcdsaSha256)),
        };
        if (GivesRefreshToken)
        {
            answer["refresh_token"] = RefreshToken = $"refresh-{++_serial}"; // Each is good once.
        }

        await context.Response.WriteAsync(answer.ToJsonString());
    }

    private static Task RefuseAsync(HttpContext context, int status, string error)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(new JsonObject { ["error"] = error, ["error_description"] = "no" }.ToJsonString());
    }

    private static string WebUtilityDecode(string text) => System.Net.WebUtility.UrlDecode(text);
}
