using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Postern.Api.Tests.Testing;
using Postern.Directory.Organizations;

namespace Postern.Api.Tests.Accounts;

/// <summary>Runs on both databases.</summary>
public abstract class AccountEndpointsTests(ApiHost host)
{
    [Theory]
    [InlineData("/users/me")]
    [InlineData("/me")]
    [InlineData("/regions")]
    [InlineData("/ref/projects?in=abcdefghijklm")]
    [InlineData("/projects/abcdefghijklm")]
    [InlineData("/organizations")]
    [InlineData("/ssh_keys/1")]
    public async Task Request_WithoutAToken_IsRefused(string path) =>
        Assert.Equal(HttpStatusCode.Unauthorized, (await host.TryGetAsync(null, path)).Status);

    [Theory]
    [InlineData("/users/me")]
    [InlineData("/platform/users/me")]
    public async Task Me_IsTheCaller(string path)
    {
        var me = await host.GetAsync("viewer", path);
        Assert.Equal(host.UserId("viewer").ToString(), me.GetProperty("id").GetString());
        Assert.Equal("viewer@example.com", me.GetProperty("email").GetString());
        Assert.False(me.GetProperty("mfa_enabled").GetBoolean());
    }

    [Fact]
    public async Task LegacyAccount_HasTheFieldsOfOldClients()
    {
        foreach (var path in new[] { "/me", "/platform/me" })
        {
            var me = await host.GetAsync("stranger", path);
            Assert.Equal(host.UserId("stranger").ToString(), me.GetProperty("uuid").GetString());
            Assert.Equal(JsonValueKind.Array, me.GetProperty("ssh_keys").ValueKind);
            Assert.Equal(JsonValueKind.Array, me.GetProperty("projects").ValueKind);
        }
    }

    [Theory]
    [InlineData("viewer", "developer", true)]
    [InlineData("member", "owner", true)]
    [InlineData("stranger", "owner", false)]
    [InlineData("owner", "stranger", false)]
    public async Task OtherUser_IsShownToAcquaintancesOnly(string caller, string other, bool isShown)
    {
        var (status, _) = await host.TryGetAsync(caller, $"/users/{host.UserId(other)}");
        Assert.Equal(isShown ? HttpStatusCode.OK : HttpStatusCode.NotFound, status);
        var references = await host.GetAsync(caller, $"/ref/users?in={host.UserId(other)}");
        Assert.Equal(isShown ? JsonValueKind.Object : JsonValueKind.Null, references.GetProperty(host.UserId(other).ToString()).ValueKind);
    }

    // Who has no second factor is worth phishing: not for every member to list.
    [Theory]
    [InlineData("owner", "member", true)]
    [InlineData("admin", "owner", true)]
    [InlineData("owner", "viewer", true)]
    [InlineData("member", "member", true)]
    [InlineData("member", "owner", false)]
    [InlineData("viewer", "developer", false)]
    public async Task SecondFactor_IsShownToOneselfAndAdministrators(string caller, string other, bool isShown)
    {
        var id = host.UserId(other).ToString();
        Assert.Equal(isShown, (await host.GetAsync(caller, $"/users/{id}")).TryGetProperty("mfa_enabled", out _));
        Assert.Equal(isShown, (await host.GetAsync(caller, $"/ref/users?in={id}")).GetProperty(id).TryGetProperty("mfa_enabled", out _));
    }

    // The organization "vault" asks for a second factor; "member" administers it, and has nothing else to do with this person.
    [Theory]
    [InlineData(true, null, true)]
    [InlineData(false, null, false)]
    [InlineData(true, "api_token=11111111-1111-1111-1111-111111111111;token_project=vaultvaultvault", true)]
    [InlineData(true, "api_token=11111111-1111-1111-1111-111111111111;token_project=" + ApiHost.ProjectId, false)]
    public async Task PersonOfAnOrganization_IsShownOnlyAsFarAsProofAndTokenReach(bool hasMfa, string? claims, bool isShown)
    {
        var name = "keeper-" + Guid.NewGuid().ToString("N");
        await host.AddUserAsync(name);
        await using (var context = await host.ContextAsync())
        {
            var vault = await context.Organizations.SingleAsync(o => o.Name == "vault");
            context.Add(new OrganizationMember { OrganizationId = vault.Id, UserId = host.UserId(name), Role = OrganizationRole.Member });
            await context.SaveChangesAsync();
        }

        var id = host.UserId(name).ToString();
        using var client = host.Client("member", hasMfa, claims);
        using var response = await client.GetAsync($"/users/{id}");
        Assert.Equal(isShown ? HttpStatusCode.OK : HttpStatusCode.NotFound, response.StatusCode);
        var references = await client.GetFromJsonAsync<JsonElement>($"/ref/users?in={id}");
        Assert.Equal(isShown ? JsonValueKind.Object : JsonValueKind.Null, references.GetProperty(id).ValueKind);
    }

    [Theory]
    [InlineData("owner", "admin", 2)]
    [InlineData("admin", "admin", 1)]
    [InlineData("member", "admin", 1)]
    [InlineData("viewer", "viewer", 1)]
    [InlineData("developer", "viewer development:contributor", 1)]
    public async Task ExtendedAccess_ListsProjectsWithTheirRoles(string name, string permissions, int count)
    {
        var access = await host.GetAsync(name, $"/users/{host.UserId(name)}/extended-access?filter[resource_type]=project");
        Assert.Equal(count, access.GetProperty("items").GetArrayLength());
        var item = access.GetProperty("items")[0];
        Assert.Equal(permissions, string.Join(' ', item.GetProperty("permissions").EnumerateArray().Select(p => p.GetString())));
        Assert.Equal("project", item.GetProperty("resource_type").GetString());

        var reference = access.GetProperty("_links").GetProperty("ref:projects:0").GetProperty("href").GetString()!;
        var projects = await host.GetAsync(name, reference);
        var projectId = item.GetProperty("resource_id").GetString()!;
        Assert.Equal(projectId, projects.GetProperty(projectId).GetProperty("id").GetString());
        var organizations = await host.GetAsync(name, access.GetProperty("_links").GetProperty("ref:organizations:0").GetProperty("href").GetString()!);
        Assert.Equal(JsonValueKind.Object, organizations.GetProperty(item.GetProperty("organization_id").GetString()!).ValueKind);
    }

    [Fact]
    public async Task ExtendedAccess_OfAStrangerIsEmpty_AndOfOthersIsNotFound()
    {
        var access = await host.GetAsync("stranger", $"/users/{host.UserId("stranger")}/extended-access");
        Assert.Equal(0, access.GetProperty("items").GetArrayLength());
        foreach (var path in new[] { "extended-access", "organizations" })
        {
            var (status, _) = await host.TryGetAsync("owner", $"/users/{host.UserId("viewer")}/{path}");
            Assert.Equal(HttpStatusCode.NotFound, status);
        }
    }

    [Fact]
    public async Task References_ToWhatMayNotBeSeen_AreNull()
    {
        var projects = await host.GetAsync("viewer", "/ref/projects?in=abcdefghijklm,vaultvaultvault,nosuchproject");
        Assert.Equal("Shop", projects.GetProperty("abcdefghijklm").GetProperty("title").GetString());
        Assert.Equal("active", projects.GetProperty("abcdefghijklm").GetProperty("status").GetString());
        Assert.Equal(JsonValueKind.Null, projects.GetProperty("vaultvaultvault").ValueKind);
        Assert.Equal(JsonValueKind.Null, projects.GetProperty("nosuchproject").ValueKind);
    }

    [Theory]
    [InlineData("/ref/users?in=x,,%00,'")]
    [InlineData("/ref/organizations?in=x,x,x")]
    [InlineData("/ref/projects")]
    public async Task References_ToNonsense_AreNull(string path)
    {
        var references = await host.GetAsync("owner", path);
        Assert.All(references.EnumerateObject(), r => Assert.Equal(JsonValueKind.Null, r.Value.ValueKind));
    }

    [Fact]
    public async Task References_ThatAreTooMany_AreRefused()
    {
        var (status, body) = await host.TryGetAsync("owner", "/ref/projects?in=" + string.Join(',', Enumerable.Range(0, 201)));
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("200", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Organization_IsFoundByIdAndByName_ForItsPeopleOnly()
    {
        var list = await host.GetAsync("member", $"/users/{host.UserId("member")}/organizations");
        Assert.Equal(2, list.GetProperty("items").GetArrayLength());
        var acme = list.GetProperty("items")[0];
        Assert.Equal("Acme Inc.", acme.GetProperty("label").GetString());
        var id = acme.GetProperty("id").GetString()!;
        foreach (var path in new[] { $"/organizations/{id}", "/organizations/name=acme", "/organizations/name%3Dacme" })
        {
            Assert.Equal(id, (await host.GetAsync("member", path)).GetProperty("id").GetString());
            Assert.Equal(HttpStatusCode.NotFound, (await host.TryGetAsync("viewer", path)).Status);
        }
    }

    [Theory]
    [InlineData("/organizations/name=vault")]
    [InlineData("/projects/vaultvaultvault")]
    [InlineData("/projects/vaultvaultvault/environments")]
    [InlineData("/projects/vaultvaultvault/environments/main")]
    [InlineData("/projects/vaultvaultvault/environments/main/deployments/current")]
    public async Task OrganizationThatRequiresMfa_AsksForIt_InHeaderAndBody(string path)
    {
        using var client = host.Client("member");
        using var response = await client.GetAsync(path);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        var header = response.Headers.WwwAuthenticate.ToString();
        Assert.StartsWith("Bearer error=\"insufficient_user_authentication\"", header, StringComparison.Ordinal);
        Assert.Contains("amr=\"mfa\"", header, StringComparison.Ordinal);
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal("mfa", body.GetProperty("amr")[0].GetString());
        await host.GetAsync("member", path, hasMfa: true);
        Assert.Equal(HttpStatusCode.NotFound, (await host.TryGetAsync("stranger", path)).Status);
    }

    [Fact]
    public async Task Subject_ThatIsNoAccountId_IsRefused()
    {
        using var client = host.Client(null);
        client.DefaultRequestHeaders.Authorization = new("Bearer", "sub=root");
        using var response = await client.GetAsync("/users/me");
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }
}

public class SqliteAccountEndpointsTests(ApiHost host) : AccountEndpointsTests(host), IClassFixture<ApiHost>;

public class PostgreSqlAccountEndpointsTests(PostgreSqlApiHost host) : AccountEndpointsTests(host), IClassFixture<PostgreSqlApiHost>;
