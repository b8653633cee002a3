using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Postern.Api.Tests.Testing;

namespace Postern.Api.Tests.Tokens;

/// <summary>What an API token leaves out of its account's rights, asked over the API. Runs on both databases.</summary>
public abstract class TokenScopeTests(ApiHost host)
{
    private const string Token = "api_token=11111111-1111-1111-1111-111111111111";
    private const string ReadOnly = Token + ";token_read_only=true";
    private const string Shop = Token + ";token_project=" + ApiHost.ProjectId;
    private const string Elsewhere = Token + ";token_project=vaultvaultvault";

    [Fact]
    public async Task OtherProjects_DoNotExist()
    {
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(Shop, $"/projects/{ApiHost.ProjectId}"));
        foreach (var path in new[]
        {
            "", "/environments", "/environments/main", "/environments/main/deployments", "/environments/main/deployments/current",
        })
        {
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(Elsewhere, $"/projects/{ApiHost.ProjectId}{path}"));
        }

        var owner = host.UserId("owner");
        var access = await GetAsync(Shop, $"/users/{owner}/extended-access");
        Assert.Equal(
            [ApiHost.ProjectId],
            access.GetProperty("items").EnumerateArray().Where(i => i.GetProperty("resource_type").GetString() == "project")
                .Select(i => i.GetProperty("resource_id").GetString()));
        Assert.Single(access.GetProperty("items").EnumerateArray(), i => i.GetProperty("resource_type").GetString() == "organization");
        var references = await GetAsync(Shop, $"/ref/projects?in={ApiHost.ProjectId},vaultvaultvault");
        Assert.Equal(JsonValueKind.Object, references.GetProperty(ApiHost.ProjectId).ValueKind);
        Assert.Equal(JsonValueKind.Null, references.GetProperty("vaultvaultvault").ValueKind);
    }

    [Fact]
    public async Task OtherOrganizations_DoNotExist()
    {
        var shown = (await GetAsync(Shop, "/organizations")).GetProperty("items").EnumerateArray().ToList();
        Assert.Equal("acme", Assert.Single(shown).GetProperty("name").GetString());
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(Shop, "/organizations/name=vault"));
        var all = (await GetAsync(Token, "/organizations")).GetProperty("items").EnumerateArray().ToDictionary(o => o.GetProperty("name").GetString()!, o => o.GetProperty("id").GetString()!);
        var references = await GetAsync(Shop, $"/ref/organizations?in={all["acme"]},{all["vault"]}");
        Assert.Equal(JsonValueKind.Object, references.GetProperty(all["acme"]).ValueKind);
        Assert.Equal(JsonValueKind.Null, references.GetProperty(all["vault"]).ValueKind);
    }

    [Fact]
    public async Task ReadOnly_IsAViewer()
    {
        var access = await GetAsync(ReadOnly, $"/users/{host.UserId("owner")}/extended-access?filter[resource_type]=project");
        Assert.All(access.GetProperty("items").EnumerateArray(), item =>
            Assert.Equal("viewer", Assert.Single(item.GetProperty("permissions").EnumerateArray()).GetString()));
        var links = (await GetAsync(ReadOnly, $"/projects/{ApiHost.ProjectId}/environments/main")).GetProperty("_links");
        Assert.False(links.TryGetProperty("pf:ssh:app", out _));
        Assert.False(links.TryGetProperty("pf:ssh:admin", out _));
        Assert.True(links.TryGetProperty("pf:ssh:app--queue", out _));
    }

    [Theory]
    [InlineData(ReadOnly, "read-only")]
    [InlineData(Shop, "one project")]
    [InlineData(Shop + ";token_read_only=true", "read-only")]
    public async Task Scope_ChangesNothingOfTheAccount(string claims, string text)
    {
        using var client = host.Client("owner", claims: claims);
        var responses = new[]
        {
            await client.PostAsJsonAsync("/ssh_keys", new { value = "ssh-ed25519 AAAA" }),
            await client.PostAsJsonAsync("/v1/ssh_keys", new { value = "ssh-ed25519 AAAA" }),
            await client.DeleteAsync("/ssh_keys/1"),
        };
        foreach (var response in responses)
        {
            Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
            Assert.Contains(text, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("message").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task TokenWithoutMfa_IsToldToBeMadeAgain()
    {
        using var client = host.Client("owner", claims: Token);
        var response = await client.GetAsync("/projects/vaultvaultvault");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        const string text = "Multifactor authentication (MFA) is required. The API token may need to be re-created after enabling MFA.";
        Assert.Equal(
            $"Bearer error=\"insufficient_user_authentication\", error_description=\"{text}\", amr=\"mfa\"",
            Assert.Single(response.Headers.GetValues("WWW-Authenticate")));
        var body = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("insufficient_user_authentication", body.GetProperty("error").GetString());
        Assert.Equal(text, body.GetProperty("error_description").GetString());
        Assert.Equal(["mfa"], body.GetProperty("amr").EnumerateArray().Select(m => m.GetString()));
    }

    private async Task<HttpStatusCode> StatusAsync(string claims, string path)
    {
        using var client = host.Client("owner", hasMfa: true, claims);
        using var response = await client.GetAsync(path);
        return response.StatusCode;
    }

    private async Task<JsonElement> GetAsync(string claims, string path)
    {
        using var client = host.Client("owner", hasMfa: true, claims);
        return await client.GetFromJsonAsync<JsonElement>(path);
    }
}

public class SqliteTokenScopeTests(ApiHost host) : TokenScopeTests(host), IClassFixture<ApiHost>;

public class PostgreSqlTokenScopeTests(PostgreSqlApiHost host) : TokenScopeTests(host), IClassFixture<PostgreSqlApiHost>;
