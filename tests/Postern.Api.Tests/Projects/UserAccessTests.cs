using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Api.Tests.Testing;
using Postern.Directory.Organizations;

namespace Postern.Api.Tests.Projects;

/// <summary>Roles on a project by the API: who gives them, to whom, and what others try. Runs on both databases.</summary>
public abstract class UserAccessTests(ApiHost host)
{
    private const string Path = $"/projects/{ApiHost.ProjectId}/user-access";
    private const string Token = "api_token=11111111-1111-1111-1111-111111111111";

    [Fact]
    public async Task Roles_AreListedForWhoSeesTheProject()
    {
        var list = await host.GetAsync("viewer", Path);
        var developer = list.GetProperty("items").EnumerateArray().Single(i => i.GetProperty("user_id").GetString() == host.UserId("developer").ToString());
        Assert.Equal(["viewer", "development:contributor"], developer.GetProperty("permissions").EnumerateArray().Select(p => p.GetString()));
        Assert.False(developer.GetProperty("_links").TryGetProperty("update", out _));
        var users = await host.GetAsync("viewer", list.GetProperty("_links").GetProperty("ref:users:0").GetProperty("href").GetString()!);
        Assert.Equal("developer@example.com", users.GetProperty(host.UserId("developer").ToString()).GetProperty("email").GetString());
        var shown = await host.GetAsync("admin", $"{Path}/{host.UserId("developer")}");
        Assert.Equal($"{Path}/{host.UserId("developer")}", shown.GetProperty("_links").GetProperty("update").GetProperty("href").GetString());
        Assert.Equal(HttpStatusCode.NotFound, (await host.TryGetAsync("stranger", Path)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await host.TryGetAsync("member", Path)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await host.TryGetAsync("admin", $"{Path}/{host.UserId("stranger")}")).Status);
        Assert.Equal(1, (await host.GetAsync("viewer", Path + "?page[size]=1")).GetProperty("items").GetArrayLength());
        Assert.Equal(0, (await host.GetAsync("viewer", Path + "?page[offset]=2147483647")).GetProperty("items").GetArrayLength());
    }

    [Fact]
    public async Task MachineUser_GetsWhatItNeeds_AndNoMore()
    {
        string acme;
        await using (var context = await host.ContextAsync())
        {
            acme = await context.Organizations.Where(o => o.Name == "acme").Select(o => o.Id).SingleAsync();
        }

        var name = "ci-" + Guid.NewGuid().ToString("N")[..8];
        var (machine, _) = await host.Services.GetRequiredService<MachineUsers>().CreateAsync(
            new OrganizationActor(host.UserId("admin"), HasMfa: false, null), acme, name, CancellationToken.None);
        using var client = host.Client("admin");
        await SucceedsAsync(client.PostAsJsonAsync(Path, new[] { Grant(machine!.Id, "viewer", "development:contributor") }));
        Assert.Equal(["viewer", "development:contributor"], await PermissionsAsync(machine.Id));
        await SucceedsAsync(client.PatchAsJsonAsync($"{Path}/{machine.Id}", new { permissions = new[] { "viewer" } }));
        Assert.Equal(["viewer"], await PermissionsAsync(machine.Id));
        await SucceedsAsync(client.DeleteAsync($"{Path}/{machine.Id}"));
        Assert.Null(await PermissionsAsync(machine.Id));
        Assert.Equal(HttpStatusCode.NotFound, (await client.DeleteAsync($"{Path}/{machine.Id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.PatchAsJsonAsync($"{Path}/{machine.Id}", new { permissions = new[] { "viewer" } })).StatusCode);
        await using (var context = await host.ContextAsync())
        {
            var events = await context.AuditEvents.Where(e => e.Detail!.StartsWith($"user {machine.Id}")).OrderBy(e => e.Id).ToListAsync();
            Assert.Equal(["project.role.changed", "project.role.changed", "project.member.removed"], events.Select(e => e.Action));
            Assert.All(events, e => Assert.Equal((host.UserId("admin").ToString(), $"project {ApiHost.ProjectId}"), (e.Actor, e.Subject)));
            Assert.True(await context.Changes.AnyAsync(c => c.Kind == "project_member" && c.Subject.Contains(machine.Id.ToString())));
        }
    }

    [Theory]
    [InlineData("viewer", null, HttpStatusCode.Forbidden)]
    [InlineData("developer", null, HttpStatusCode.Forbidden)]
    [InlineData("member", null, HttpStatusCode.NotFound)]
    [InlineData("stranger", null, HttpStatusCode.NotFound)]
    [InlineData("owner", Token + ";token_project=" + ApiHost.ProjectId, HttpStatusCode.Forbidden)]
    [InlineData("owner", Token + ";token_read_only=true", HttpStatusCode.Forbidden)]
    [InlineData("owner", Token + ";token_project=vaultvaultvault", HttpStatusCode.NotFound)]
    public async Task WhoDoesNotAdministerTheProject_GivesAndTakesNothing(string name, string? claims, HttpStatusCode status)
    {
        using var client = host.Client(name, hasMfa: true, claims);
        var (self, other) = (host.UserId(name), host.UserId("developer"));
        foreach (var response in new[]
        {
            await client.PostAsJsonAsync(Path, new[] { Grant(self, "admin") }),
            await client.PatchAsJsonAsync($"{Path}/{other}", new { permissions = new[] { "admin" } }),
            await client.DeleteAsync($"{Path}/{(name == "developer" ? host.UserId("viewer") : other)}"),
        })
        {
            Assert.Equal(status, response.StatusCode);
        }

        Assert.Equal(["viewer", "development:contributor"], await PermissionsAsync(other));
    }

    // An account is not to be found out by offering it a role, nor drawn in without its person's joining.
    [Fact]
    public async Task Stranger_IsGivenNothing_NorIsAnybodyElseInTheRequest()
    {
        using var client = host.Client("owner");
        foreach (var id in new[] { host.UserId("stranger"), Guid.NewGuid() })
        {
            var response = await client.PostAsJsonAsync(Path, new[] { Grant(host.UserId("member"), "viewer"), Grant(id, "viewer") });
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }

        Assert.Null(await PermissionsAsync(host.UserId("member")));
        Assert.Null(await PermissionsAsync(host.UserId("stranger")));
    }

    [Fact]
    public async Task OwnRoles_MayBeDropped()
    {
        var id = host.UserId("member");
        using var owner = host.Client("owner");
        await SucceedsAsync(owner.PostAsJsonAsync(Path, new[] { Grant(id, "viewer") }));
        using var member = host.Client("member");
        await SucceedsAsync(member.DeleteAsync($"{Path}/{id}"));
        Assert.Equal(HttpStatusCode.NotFound, (await host.TryGetAsync("member", Path)).Status);
    }

    [Fact]
    public async Task OrganizationThatRequiresMfa_RequiresItHere()
    {
        using var without = host.Client("owner");
        var response = await without.PostAsJsonAsync("/projects/vaultvaultvault/user-access", new[] { Grant(host.UserId("member"), "admin") });
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    [Fact]
    public async Task Rights_AreGivenByWhoSignedInRecently()
    {
        using var client = host.Client("owner", claims: $"auth_time={DateTimeOffset.UtcNow.AddMinutes(-16).ToUnixTimeSeconds()}");
        foreach (var response in new[]
        {
            await client.PostAsJsonAsync(Path, new[] { Grant(host.UserId("member"), "admin") }),
            await client.PatchAsJsonAsync($"{Path}/{host.UserId("viewer")}", new { permissions = new[] { "admin" } }),
            await client.DeleteAsync($"{Path}/{host.UserId("viewer")}"),
        })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Contains("max_age=\"900\"", Assert.Single(response.Headers.GetValues("WWW-Authenticate")), StringComparison.Ordinal);
        }

        Assert.Equal(["viewer"], await PermissionsAsync(host.UserId("viewer")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[null]")]
    [InlineData("[{}]")]
    [InlineData("""[{"user_id": "x", "permissions": ["viewer"]}]""")]
    [InlineData("""[{"user_id": "ID"}]""")]
    [InlineData("""[{"user_id": "ID", "permissions": []}]""")]
    [InlineData("""[{"user_id": "ID", "permissions": [null]}]""")]
    [InlineData("""[{"user_id": "ID", "permissions": ["root"]}]""")]
    [InlineData("""[{"user_id": "ID", "permissions": ["admin", "viewer"]}]""")]
    [InlineData("""[{"user_id": "ID", "permissions": ["viewer", "viewer"]}]""")]
    [InlineData("""[{"user_id": "ID", "permissions": ["production:admin", "production:viewer"]}]""")]
    [InlineData("""[{"user_id": "ID", "permissions": ["production:admin:x"]}]""")]
    [InlineData("""[{"user_id": "ID", "permissions": ["viewer"]}, {"user_id": "ID", "permissions": ["viewer"]}]""")]
    public async Task Nonsense_IsRefusedWithASentence(string body)
    {
        using var client = host.Client("owner");
        using var content = new StringContent(body.Replace("ID", host.UserId("member").ToString(), StringComparison.Ordinal));
        using var response = await client.PostAsync(Path, content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.NotEmpty((await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("message").GetString()!);
    }

    private static object Grant(Guid userId, params string[] permissions) => new { user_id = userId, permissions };

    private static async Task SucceedsAsync(Task<HttpResponseMessage> request)
    {
        using var response = await request;
        Assert.True(response.StatusCode == HttpStatusCode.NoContent, $"{response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    }

    private async Task<IEnumerable<string?>?> PermissionsAsync(Guid userId)
    {
        var (status, body) = await host.TryGetAsync("owner", $"{Path}/{userId}");
        return status == HttpStatusCode.OK
            ? JsonDocument.Parse(body).RootElement.GetProperty("permissions").EnumerateArray().Select(p => p.GetString()).ToList()
            : null;
    }
}

public class SqliteUserAccessTests(ApiHost host) : UserAccessTests(host), IClassFixture<ApiHost>;

public class PostgreSqlUserAccessTests(PostgreSqlApiHost host) : UserAccessTests(host), IClassFixture<PostgreSqlApiHost>;
