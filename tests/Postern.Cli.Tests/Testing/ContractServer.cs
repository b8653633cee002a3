using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Postern.Cli.Tests.Testing;

/// <summary>
/// A server that speaks the contract of login and API over real HTTP, so that refusals, rotations and step-ups can be
/// staged exactly. The product's own server is tested end to end elsewhere.
/// </summary>
internal sealed class ContractServer : IAsyncDisposable
{
    public const string UserId = "11111111-2222-3333-4444-555555555555";
    public const string ProjectId = "abcdefg123456";
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, string> _accessTokens = new();
    private readonly ConcurrentDictionary<string, byte> _refreshTokens = new();
    private readonly ConcurrentDictionary<string, string> _codes = new();
    private int _counter;

    private ContractServer(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    public CertificateAuthority Authority { get; } = new();

    public ConcurrentQueue<string> Requests { get; } = new();

    public string ApiToken { get; } = "pst_test";

    public long AccessTokenSeconds { get; set; } = 900;

    public string CertificateValidity { get; set; } = "-1m:+1h";

    public string[] CertificateExtensions { get; set; } = [];

    /// <summary>Whether sessions that began before this was set, or without <c>mfa</c> in their authorization request, are refused.</summary>
    public bool DemandStepUp { get; set; }

    /// <summary>Whether not even a better sign-in is good enough.</summary>
    public bool IsNeverSatisfied { get; set; }

    /// <summary>The description of the server (RFC 8414), or null for a server without one.</summary>
    public JsonObject? Metadata { get; set; }

    /// <summary>The error of every refresh, when there is one.</summary>
    public string? RefreshError { get; set; }

    /// <summary>The errors that polls for a device code get, one after the other; an empty one stands for the tokens.</summary>
    public ConcurrentQueue<string> DeviceAnswers { get; } = new();

    /// <summary>What the device flow was begun with.</summary>
    public Dictionary<string, string> DeviceForm { get; private set; } = [];

    public int DeviceSeconds { get; set; } = 600;

    /// <summary>Run while a refresh is asked for.</summary>
    public Action? OnRefresh { get; set; }

    public JsonObject Ssh { get; } = new()
    {
        ["domain_wildcards"] = new JsonArray("*.local.postern.test"),
        ["host_keys"] = new JsonArray("@cert-authority *.local.postern.test ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMzaTmtR6ZMbGBc4A2l7mJvLZjdVnuTYXExzFbPqEFFF postern"),
        ["options"] = new JsonArray("HostName 127.0.0.1", "Port 2222"),
    };

    public JsonObject Environment { get; } = new()
    {
        ["id"] = "main",
        ["name"] = "main",
        ["machine_name"] = "main-bvxea6i",
        ["title"] = "Main",
        ["type"] = "production",
        ["status"] = "active",
        ["project"] = ProjectId,
        ["is_main"] = true,
        ["has_code"] = true,
        ["_links"] = new JsonObject
        {
            ["self"] = new JsonObject { ["href"] = $"/projects/{ProjectId}/environments/main" },
            ["pf:ssh:app"] = new JsonObject { ["href"] = $"ssh://{ProjectId}-main-bvxea6i--app@ssh.local.postern.test" },
            ["pf:ssh:app:0"] = new JsonObject { ["href"] = $"ssh://{ProjectId}-main-bvxea6i--app--0@ssh.local.postern.test" },
            ["pf:ssh:app--queue"] = new JsonObject { ["href"] = $"ssh://{ProjectId}-main-bvxea6i--app--queue@ssh.local.postern.test" },
            ["pf:routes"] = new JsonArray(),
        },
    };

    public JsonArray Environments { get; } = [];

    public JsonObject Deployment { get; } = new()
    {
        ["id"] = "current",
        ["webapps"] = new JsonObject { ["app"] = new JsonObject { ["name"] = "app", ["type"] = "php:8.3", ["size"] = "S", ["disk"] = 512 } },
        ["workers"] = new JsonObject { ["app--queue"] = new JsonObject { ["name"] = "app--queue", ["type"] = "php:8.3" } },
        ["services"] = new JsonObject(),
        ["routes"] = new JsonObject(),
    };

    public static async Task<ContractServer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(o => o.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRouting();
        var server = new ContractServer(builder.Build());
        server.Map();
        await server._app.StartAsync();
        server.Url = server._app.Urls.First();
        server.Environments.Add(server.Environment);
        server.Metadata = new JsonObject { ["issuer"] = server.Url, ["authorization_response_iss_parameter_supported"] = true };
        return server;
    }

    /// <summary>What a browser's consent leads to: a code bound to the PKCE challenge.</summary>
    public string IssueCode(string challenge, string method = "pwd")
    {
        var code = $"{method}-{Interlocked.Increment(ref _counter)}";
        _codes[code] = challenge;
        return code;
    }

    public void RevokeAccessTokens() => _accessTokens.Clear();

    public void RevokeAll()
    {
        _accessTokens.Clear();
        _refreshTokens.Clear();
    }

    public bool IsLive(string refreshToken) => _refreshTokens.ContainsKey(refreshToken);

    public int Count(string request) => Requests.Count(r => r == request);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Authority.Dispose();
    }

    private void Map()
    {
        _app.Use(async (context, next) =>
        {
            Requests.Enqueue($"{context.Request.Method} {context.Request.Path}");
            await next();
        });
        _app.MapGet("/.well-known/postern", () => Json(new JsonObject
        {
            ["service"] = new JsonObject { ["name"] = "Postern", ["env_prefix"] = "PLATFORM_" },
            ["api"] = new JsonObject { ["base_url"] = Url, ["auth_url"] = Url },
            ["ssh"] = Ssh.DeepClone(),
            ["detection"] = new JsonObject { ["git_domain"] = "postern.test", ["site_domains"] = new JsonArray("site.postern.test") },
        }));
        _app.MapGet("/.well-known/oauth-authorization-server", () => Metadata is null ? Results.NotFound() : Json(Metadata));
        _app.MapPost("/oauth2/token", TokenAsync);
        _app.MapPost("/oauth2/device_authorization", async (HttpRequest request) =>
        {
            DeviceForm = (await request.ReadFormAsync()).ToDictionary(f => f.Key, f => f.Value.ToString());
            return Json(new JsonObject
            {
                ["device_code"] = "device-1",
                ["user_code"] = "WDJB-MJHT",
                ["verification_uri"] = Url + "/device",
                ["verification_uri_complete"] = Url + "/device?user_code=WDJB-MJHT",
                ["expires_in"] = DeviceSeconds,
                ["interval"] = 1,
            });
        });
        _app.MapPost("/oauth2/revoke", async (HttpRequest request) =>
        {
            var form = await request.ReadFormAsync();
            _accessTokens.TryRemove(form["token"].ToString(), out _);
            _refreshTokens.TryRemove(form["token"].ToString(), out _);
            return Results.Ok();
        });
        _app.MapPost("/ssh", (HttpRequest request) => AuthorizedAsync(request, CertifyAsync));
        Get("/users/me", () => new JsonObject { ["id"] = UserId, ["username"] = "ada", ["email"] = "ada@example.com", ["first_name"] = "Ada", ["last_name"] = "L" });
        Get("/me", () => new JsonObject { ["id"] = UserId, ["username"] = "ada", ["mail"] = "ada@example.com", ["ssh_keys"] = new JsonArray() });
        Get($"/users/{UserId}/extended-access", () => new JsonObject
        {
            ["items"] = new JsonArray(new JsonObject { ["user_id"] = UserId, ["resource_id"] = ProjectId, ["resource_type"] = "project", ["organization_id"] = "01ORG" }),
            ["_links"] = new JsonObject
            {
                ["ref:projects:0"] = new JsonObject { ["href"] = $"/ref/projects?in={ProjectId}" },
                ["ref:organizations:0"] = new JsonObject { ["href"] = "https://elsewhere.example/ref/organizations?in=01ORG" },
            },
        });
        Get("/ref/projects", () => new JsonObject { [ProjectId] = new JsonObject { ["id"] = ProjectId, ["title"] = "Demo", ["region"] = "local", ["organization_id"] = "01ORG" }, ["gone"] = null });
        Get("/ref/organizations", () => new JsonObject { ["01ORG"] = new JsonObject { ["id"] = "01ORG", ["name"] = "acme", ["label"] = "Acme", ["type"] = "flexible" } });
        Get($"/projects/{ProjectId}", () => new JsonObject { ["id"] = ProjectId, ["title"] = "Demo", ["region"] = "local", ["default_branch"] = "main", ["subscription"] = new JsonObject() });
        Get($"/projects/{ProjectId}/environments", () => Environments.DeepClone());
        Get($"/projects/{ProjectId}/environments/main/deployments/current", () => Deployment.DeepClone());
    }

    private void Get(string path, Func<JsonNode> answer) =>
        _app.MapGet(path, (HttpRequest request) => AuthorizedAsync(request, _ => Task.FromResult(Json(answer()))));

    private async Task<IResult> AuthorizedAsync(HttpRequest request, Func<HttpRequest, Task<IResult>> next)
    {
        var token = request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal);
        if (!_accessTokens.TryGetValue(token, out var method))
        {
            return Results.Json(JsonNode.Parse("""{"title":"Unauthorized","status":401}"""), statusCode: 401);
        }

        if (DemandStepUp && (method != "mfa" || IsNeverSatisfied))
        {
            request.HttpContext.Response.Headers.WWWAuthenticate = "Bearer error=\"insufficient_user_authentication\", amr=\"mfa\", max_age=\"900\"";
            return Results.Json(JsonNode.Parse("""{"error":"insufficient_user_authentication","amr":["mfa"],"max_age":900}"""), statusCode: 401);
        }

        return await next(request);
    }

    private async Task<IResult> CertifyAsync(HttpRequest request)
    {
        var body = await JsonSerializer.DeserializeAsync<JsonObject>(request.Body);
        return Json(new JsonObject { ["certificate"] = Authority.Sign(body!["key"]!.ToString().Trim(), UserId, CertificateValidity, CertificateExtensions) });
    }

    private async Task<IResult> TokenAsync(HttpRequest request)
    {
        var form = await request.ReadFormAsync();
        switch (form["grant_type"].ToString())
        {
            case "authorization_code":
                var challenge = System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
                return _codes.TryRemove(form["code"].ToString(), out var expected) && expected == challenge && form["client_id"] == "postern-cli"
                    ? Tokens(withRefresh: true, form["code"].ToString().Split('-')[0])
                    : Refused("invalid_grant", "The code is not valid.");
            case "urn:ietf:params:oauth:grant-type:device_code":
                return !DeviceAnswers.TryDequeue(out var error) ? Refused("authorization_pending", "Wait.")
                    : error.Length > 0 ? Refused(error, "no")
                    : form["device_code"] == "device-1" && form["client_id"] == "postern-cli" ? Tokens(withRefresh: true, "pwd") : Refused("invalid_grant", "no");
            case "refresh_token":
                OnRefresh?.Invoke();
                return RefreshError is not null ? Refused(RefreshError, "no") : HasClient(request) && _refreshTokens.TryRemove(form["refresh_token"].ToString(), out _)
                    ? Tokens(withRefresh: true, "pwd")
                    : Refused("invalid_grant", "Invalid refresh token");
            case "api_token":
                return HasClient(request) && form["api_token"] == ApiToken ? Tokens(withRefresh: false, "pwd") : Refused("invalid_grant", "Invalid API token");
            default:
                return Refused("unsupported_grant_type", "unknown grant");
        }
    }

    private static bool HasClient(HttpRequest request) =>
        request.Headers.Authorization == "Basic " + Convert.ToBase64String("postern-cli:"u8);

    private IResult Tokens(bool withRefresh, string method)
    {
        var number = Interlocked.Increment(ref _counter);
        var payload = new JsonObject { ["sub"] = UserId, ["jti"] = $"jti-{number}", ["amr"] = new JsonArray(method) };
        var access = $"e30.{System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload.ToJsonString()))}.c2ln";
        _accessTokens[access] = method;
        var answer = new JsonObject { ["access_token"] = access, ["token_type"] = "bearer", ["expires_in"] = AccessTokenSeconds, ["scope"] = "" };
        if (withRefresh)
        {
            _refreshTokens[$"refresh-{number}"] = 0;
            answer["refresh_token"] = $"refresh-{number}";
        }

        return Json(answer);
    }

    private static IResult Json(JsonNode node) => Results.Text(node.ToJsonString(), "application/json");

    private static IResult Refused(string error, string description) =>
        Results.Json(new JsonObject { ["error"] = error, ["error_description"] = description }, statusCode: 400);
}
