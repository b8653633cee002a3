using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.WebUtilities;
using Postern.Login.OAuth;

namespace Postern.Login.Tests.Testing;

/// <summary>The requests of a well-behaved client, each part replaceable by a bad one.</summary>
internal static class OAuthCalls
{
    public const string RedirectUri = "http://127.0.0.1:5000";
    public const string Verifier = "abcdefghijklmnopqrstuvwxyz0123456789-._~ABCD";

    public static Dictionary<string, string?> AuthorizeParameters() => new()
    {
        ["response_type"] = "code",
        ["client_id"] = "postern-cli",
        ["redirect_uri"] = RedirectUri,
        ["state"] = "st-1",
        ["scope"] = "offline_access",
        ["prompt"] = "consent",
        ["code_challenge"] = Pkce.ChallengeOf(Verifier),
        ["code_challenge_method"] = "S256",
    };

    public static string AuthorizeUrl(params (string Name, string? Value)[] changes)
    {
        var parameters = AuthorizeParameters();
        foreach (var (name, value) in changes)
        {
            if (value is null)
            {
                parameters.Remove(name);
            }
            else
            {
                parameters[name] = value;
            }
        }

        return QueryHelpers.AddQueryString("/oauth2/authorize", parameters);
    }

    /// <summary>Signs in if need be, allows, and returns the redirect's query.</summary>
    public static async Task<Dictionary<string, string>> AllowAsync(this Browser browser, string? url = null)
    {
        url ??= AuthorizeUrl();
        var response = await browser.SubmitAsync(url, url, ("decision", "allow"));
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        return QueryOf(response);
    }

    public static Dictionary<string, string> QueryOf(HttpResponseMessage response) =>
        QueryHelpers.ParseQuery(response.Headers.Location!.Query).ToDictionary(p => p.Key, p => p.Value.ToString());

    /// <summary>A fresh code for the test user.</summary>
    public static async Task<string> CodeAsync(this LoginServer server, string? url = null)
    {
        var browser = server.Browser();
        await browser.SignInAsync();
        return (await browser.AllowAsync(url))["code"];
    }

    /// <summary>A whole log-in: the token response.</summary>
    public static async Task<JsonObject> LogInAsync(this LoginServer server)
    {
        var response = await server.ExchangeCodeAsync(await server.CodeAsync());
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.JsonAsync();
    }

    /// <summary>An API call; without an access token when that is null or empty. The body is JSON, unless it is content already.</summary>
    public static async Task<HttpResponseMessage> CallAsync(
        this LoginServer server, HttpMethod method, string path, string? access, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body as HttpContent ?? (body is null ? null : JsonContent.Create(body)) };
        if (!string.IsNullOrEmpty(access))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", access);
        }

        using var client = server.Client();
        return await client.SendAsync(request);
    }

    public static Task<HttpResponseMessage> ExchangeCodeAsync(this LoginServer server, string code, params (string Name, string? Value)[] changes)
    {
        var fields = new Dictionary<string, string?>
        {
            ["grant_type"] = "authorization_code",
            ["client_id"] = "postern-cli",
            ["code"] = code,
            ["redirect_uri"] = RedirectUri,
            ["code_verifier"] = Verifier,
        };
        foreach (var (name, value) in changes)
        {
            fields[name] = value;
        }

        return server.TokenAsync([.. fields.Where(f => f.Value is not null).Select(f => (f.Key, f.Value!))]);
    }

    public static Task<HttpResponseMessage> RefreshAsync(this LoginServer server, string refreshToken) =>
        server.TokenAsync(("grant_type", "refresh_token"), ("refresh_token", refreshToken), ("scope", ""), ("client_id", "postern-cli"));

    public static async Task<HttpResponseMessage> TokenAsync(this LoginServer server, params (string Name, string Value)[] fields)
    {
        using var client = server.Client();
        return await client.PostAsync(
            "/oauth2/token", new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))));
    }

    public static async Task<HttpResponseMessage> WhoAmIAsync(this LoginServer server, string accessToken)
    {
        using var client = server.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/whoami");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        return await client.SendAsync(request);
    }

    public static async Task<JsonObject> JsonAsync(this HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonObject>())!;

    public static string Text(this JsonObject json, string name) => json[name]!.GetValue<string>();

    public static async Task AssertErrorAsync(this HttpResponseMessage response, HttpStatusCode status, string error, string? description = null)
    {
        var json = await response.JsonAsync();
        Assert.Equal((status, error), (response.StatusCode, json.Text("error")));
        if (description is not null)
        {
            Assert.Equal(description, json.Text("error_description"));
        }
    }

    public static JsonObject PayloadOf(string token) =>
        JsonNode.Parse(Encoding.UTF8.GetString(WebEncoders.Base64UrlDecode(token.Split('.')[1])))!.AsObject();
}
