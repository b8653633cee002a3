using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Postern.Api.Tests.Testing;

namespace Postern.Api.Tests.Organizations;

/// <summary>Members and the MFA switch of an organization by the API, and what people try there. Runs on both databases.</summary>
public abstract class OrganizationAttackTests(ApiHost host)
{
    private static readonly string Fresh = $"auth_time={DateTimeOffset.UtcNow.ToUnixTimeSeconds()}";
    private static readonly string Old = $"auth_time={DateTimeOffset.UtcNow.AddHours(-1).ToUnixTimeSeconds()}";

    [Fact]
    public async Task Members_AreListedForMembersOnly()
    {
        var acme = await IdAsync("acme");
        var members = await host.GetAsync("member", $"/organizations/{acme}/members");
        Assert.Equal(
            ["admin", "member", "owner"],
            members.GetProperty("items").EnumerateArray().Select(m => m.GetProperty("permissions")[0].GetString()!).Order(StringComparer.Ordinal));
        Assert.All(members.GetProperty("items").EnumerateArray(), m => Assert.False(m.TryGetProperty("mfa_enabled", out _)));
        var users = await host.GetAsync("member", members.GetProperty("_links").GetProperty("ref:users:0").GetProperty("href").GetString()!);
        Assert.Equal("owner@example.com", users.GetProperty(host.UserId("owner").ToString()).GetProperty("email").GetString());
        var page = await host.GetAsync("admin", $"/organizations/{acme}/members?page[size]=2");
        Assert.Equal(2, page.GetProperty("items").GetArrayLength());
        var next = await host.GetAsync("admin", page.GetProperty("_links").GetProperty("next").GetProperty("href").GetString()!);
        Assert.Equal(1, next.GetProperty("items").GetArrayLength());
        Assert.False(next.GetProperty("_links").TryGetProperty("next", out _));
        Assert.True(page.GetProperty("items")[0].TryGetProperty("mfa_enabled", out _));
    }

    [Theory]
    [InlineData("stranger")]
    [InlineData("viewer")]
    public async Task EveryId_OfAnotherOrganization_DoesNotExist(string name)
    {
        var acme = await IdAsync("acme");
        var member = host.UserId("member");
        using var client = host.Client(name, hasMfa: true, Fresh);
        foreach (var response in new[]
        {
            await client.GetAsync($"/organizations/{acme}"),
            await client.PatchAsJsonAsync($"/organizations/{acme}", new { label = "mine" }),
            await client.GetAsync($"/organizations/{acme}/members"),
            await client.GetAsync($"/organizations/{acme}/members/{member}"),
            await client.PatchAsJsonAsync($"/organizations/{acme}/members/{member}", new { permissions = new[] { "owner" } }),
            await client.DeleteAsync($"/organizations/{acme}/members/{member}"),
            await client.DeleteAsync($"/organizations/{acme}/members/{host.UserId(name)}"),
            await client.PostAsJsonAsync($"/organizations/{acme}/machines", new { name = "bot" }),
            await client.GetAsync($"/organizations/{acme}/mfa-enforcement"),
            await client.PostAsync($"/organizations/{acme}/mfa-enforcement/enable", null),
            await client.PostAsync($"/organizations/{acme}/mfa-enforcement/disable", null),
            await client.PostAsync("/organizations/nothing/mfa-enforcement/enable", null),
        })
        {
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }

        await AssertUnchangedAsync();
    }

    [Theory]
    [InlineData("member", "member", "owner", HttpStatusCode.Forbidden)]
    [InlineData("member", "member", "admin", HttpStatusCode.Forbidden)]
    [InlineData("member", "owner", "member", HttpStatusCode.Forbidden)]
    [InlineData("admin", "admin", "owner", HttpStatusCode.Forbidden)]
    [InlineData("admin", "owner", "member", HttpStatusCode.Forbidden)]
    [InlineData("owner", "owner", "member", HttpStatusCode.Conflict)]
    [InlineData("owner", "stranger", "admin", HttpStatusCode.NotFound)]
    public async Task Escalation_IsRefused(string actor, string target, string role, HttpStatusCode status)
    {
        using var client = host.Client(actor);
        var response = await client.PatchAsJsonAsync(
            $"/organizations/{await IdAsync("acme")}/members/{host.UserId(target)}", new { permissions = new[] { role } });
        Assert.Equal(status, response.StatusCode);
        await AssertUnchangedAsync();
    }

    [Theory]
    [InlineData("{\"permissions\": []}")]
    [InlineData("{\"permissions\": [\"admin\", \"owner\"]}")]
    [InlineData("{\"permissions\": [\"root\"]}")]
    [InlineData("{\"permissions\": \"admin\"}")]
    [InlineData("{\"role\": \"admin\"}")]
    [InlineData("{}")]
    [InlineData("")]
    public async Task RoleThatIsNone_IsRefused(string body)
    {
        using var client = host.Client("owner");
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        var response = await client.PatchAsync($"/organizations/{await IdAsync("acme")}/members/{host.UserId("member")}", content);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        await AssertUnchangedAsync();
    }

    [Theory]
    [InlineData("member", true, HttpStatusCode.Forbidden)]
    [InlineData("admin", false, HttpStatusCode.Unauthorized)]
    [InlineData("owner", false, HttpStatusCode.Unauthorized)]
    public async Task MfaSwitch_NeedsAnAdministratorWithMfa(string name, bool hasMfa, HttpStatusCode status)
    {
        using var client = host.Client(name, hasMfa, Fresh);
        var response = await client.PostAsync($"/organizations/{await IdAsync("acme")}/mfa-enforcement/enable", null);
        Assert.Equal(status, response.StatusCode);
        await AssertUnchangedAsync();
    }

    [Fact]
    public async Task MfaSwitch_NeedsARecentSignInOfAPerson()
    {
        var path = $"/organizations/{await IdAsync("acme")}/mfa-enforcement/enable";
        foreach (var claims in new[] { Old, "auth_time=soon" })
        {
            using var old = host.Client("owner", hasMfa: true, claims);
            var response = await old.PostAsync(path, null);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Contains("error=\"insufficient_user_authentication\"", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
            Assert.Contains("max_age=\"900\"", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
            Assert.Equal(900, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("max_age").GetInt32());
        }

        using var token = host.Client("owner", hasMfa: true, Fresh + ";api_token=11111111-1111-1111-1111-111111111111");
        Assert.Equal(HttpStatusCode.Forbidden, (await token.PostAsync(path, null)).StatusCode);
        await AssertUnchangedAsync();
    }

    [Fact]
    public async Task PropertiesThatAreNotTheirs_DoNotCount()
    {
        using var client = host.Client("admin", hasMfa: true, Fresh);
        var stranger = host.UserId("stranger");
        var response = await client.PatchAsJsonAsync(
            $"/organizations/{await IdAsync("acme")}",
            new
            {
                label = "Acme Inc.",
                owner_id = stranger,
                OwnerId = stranger,
                requires_mfa = true,
                RequiresMfa = true,
                enforce_mfa = true,
                is_suspended = true,
                name = "other",
                id = "01JD0000000000000000000000",
                type = "free",
            });
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await AssertUnchangedAsync();
        using var member = host.Client("member");
        Assert.Equal(HttpStatusCode.Forbidden, (await member.PatchAsJsonAsync($"/organizations/{await IdAsync("acme")}", new { label = "x" })).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.PatchAsJsonAsync($"/organizations/{await IdAsync("acme")}", new { label = " " })).StatusCode);
    }

    [Theory]
    [InlineData("token_read_only=true", HttpStatusCode.Forbidden)]
    [InlineData("token_project=abcdefghijklm", HttpStatusCode.Forbidden)]
    public async Task ScopedToken_ChangesNothingOfAnOrganization(string scope, HttpStatusCode status)
    {
        using var client = host.Client("owner", hasMfa: true, $"{Fresh};api_token=11111111-1111-1111-1111-111111111111;{scope}");
        var acme = await IdAsync("acme");
        Assert.Equal(status, (await client.PatchAsJsonAsync($"/organizations/{acme}/members/{host.UserId("member")}", new { permissions = new[] { "admin" } })).StatusCode);
        Assert.Equal(status, (await client.DeleteAsync($"/organizations/{acme}/members/{host.UserId("member")}")).StatusCode);
        Assert.Equal(status, (await client.PostAsync($"/organizations/{acme}/mfa-enforcement/enable", null)).StatusCode);
        await AssertUnchangedAsync();
    }

    [Fact]
    public async Task OrganizationThatRequiresMfa_AsksEverywhere()
    {
        var vault = await IdAsync("vault");
        using var client = host.Client("owner", claims: Fresh);
        foreach (var path in new[]
        {
            $"/organizations/{vault}", "/organizations/name=vault", $"/organizations/{vault}/members", $"/organizations/{vault}/members/{host.UserId("owner")}",
            $"/organizations/{vault}/mfa-enforcement", "/projects/vaultvaultvault", "/projects/vaultvaultvault/environments",
            "/projects/vaultvaultvault/environments/main", "/projects/vaultvaultvault/environments/main/deployments/current",
        })
        {
            var response = await client.GetAsync(path);
            Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
            Assert.Contains("amr=\"mfa\"", response.Headers.WwwAuthenticate.ToString(), StringComparison.Ordinal);
            var body = await response.Content.ReadFromJsonAsync<JsonElement>();
            Assert.Equal("insufficient_user_authentication", body.GetProperty("error").GetString());
            Assert.Equal("mfa", Assert.Single(body.GetProperty("amr").EnumerateArray()).GetString());
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await client.PostAsync($"/organizations/{vault}/mfa-enforcement/disable", null)).StatusCode);
        Assert.True((await host.GetAsync("owner", $"/organizations/{vault}/mfa-enforcement", hasMfa: true)).GetProperty("enforce_mfa").GetBoolean());
    }

    [Fact]
    public async Task RolesAndTheSwitch_ChangeForWhoMay()
    {
        var own = new ApiHost();
        await own.InitializeAsync();
        try
        {
            await using var context = await own.ContextAsync();
            var acme = (await context.Organizations.AsNoTracking().SingleAsync(o => o.Name == "acme")).Id;
            using var owner = own.Client("owner", hasMfa: true, Fresh);
            var response = await owner.PatchAsJsonAsync(
                $"/organizations/{acme}/members/{own.UserId("member")}", new { permissions = new[] { "admin" } });
            Assert.Equal("admin", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("permissions")[0].GetString());
            Assert.Equal(HttpStatusCode.NoContent, (await owner.DeleteAsync($"/organizations/{acme}/members/{own.UserId("member")}")).StatusCode);
            Assert.Equal(HttpStatusCode.NotFound, (await own.TryGetAsync("member", $"/organizations/{acme}")).Status);
            Assert.Equal(HttpStatusCode.OK, (await own.TryGetAsync("viewer", $"/projects/{ApiHost.ProjectId}")).Status);

            Assert.Equal(HttpStatusCode.OK, (await owner.PostAsync($"/organizations/{acme}/mfa-enforcement/enable", null)).StatusCode);
            Assert.Equal(HttpStatusCode.Unauthorized, (await own.TryGetAsync("viewer", $"/projects/{ApiHost.ProjectId}")).Status);
            Assert.Equal(HttpStatusCode.OK, (await own.TryGetAsync("viewer", $"/projects/{ApiHost.ProjectId}", hasMfa: true)).Status);
            Assert.Equal(HttpStatusCode.OK, (await owner.PostAsync($"/organizations/{acme}/mfa-enforcement/disable", null)).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await own.TryGetAsync("viewer", $"/projects/{ApiHost.ProjectId}")).Status);
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    [Fact]
    public async Task MachineUser_IsMadeByAdministratorsAndGoesWithItsPlace()
    {
        var own = new ApiHost();
        await own.InitializeAsync();
        try
        {
            await using var context = await own.ContextAsync();
            var acme = (await context.Organizations.AsNoTracking().SingleAsync(o => o.Name == "acme")).Id;
            using var member = own.Client("member");
            Assert.Equal(HttpStatusCode.Forbidden, (await member.PostAsJsonAsync($"/organizations/{acme}/machines", new { name = "bot" })).StatusCode);
            using var admin = own.Client("admin");
            foreach (var name in new[] { "", "Bot", "a--b", "-a", new string('x', 300), "\u0000" })
            {
                Assert.Equal(HttpStatusCode.BadRequest, (await admin.PostAsJsonAsync($"/organizations/{acme}/machines", new { name })).StatusCode);
            }

            var made = await admin.PostAsJsonAsync($"/organizations/{acme}/machines", new { name = "bot", permissions = new[] { "owner" }, owner = true });
            Assert.Equal(HttpStatusCode.Created, made.StatusCode);
            var machine = await made.Content.ReadFromJsonAsync<JsonElement>();
            Assert.True(machine.GetProperty("machine").GetBoolean());
            Assert.Equal("member", Assert.Single(machine.GetProperty("permissions").EnumerateArray()).GetString());
            Assert.Equal(HttpStatusCode.Conflict, (await admin.PostAsJsonAsync($"/organizations/{acme}/machines", new { name = "bot" })).StatusCode);
            var id = Guid.Parse(machine.GetProperty("id").GetString()!);
            Assert.Equal(own.UserId("admin"), (await context.MachineUsers.AsNoTracking().SingleAsync(m => m.UserId == id)).OwnerId);
            Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync($"/organizations/{acme}/members/{id}")).StatusCode);
            Assert.False(await context.Users.AnyAsync(u => u.Id == id));
            Assert.Equal(
                ["organization.machine.created", "organization.machine.removed"],
                await context.AuditEvents.Where(e => e.Action.StartsWith("organization.machine")).OrderBy(e => e.Id).Select(e => e.Action).ToListAsync());
        }
        finally
        {
            await own.DisposeAsync();
        }
    }

    private async Task<string> IdAsync(string name)
    {
        await using var context = await host.ContextAsync();
        return await context.Organizations.Where(o => o.Name == name).Select(o => o.Id).SingleAsync();
    }

    private async Task AssertUnchangedAsync()
    {
        await using var context = await host.ContextAsync();
        var acme = await context.Organizations.AsNoTracking().SingleAsync(o => o.Name == "acme");
        Assert.Equal((host.UserId("owner"), "Acme Inc.", false, false), (acme.OwnerId, acme.Label, acme.RequiresMfa, acme.IsSuspended));
        var places = await context.OrganizationMembers.AsNoTracking().Where(m => m.OrganizationId == acme.Id).ToDictionaryAsync(m => m.UserId, m => m.Role.ToString());
        Assert.Equal(3, places.Count);
        Assert.Equal(("Owner", "Admin", "Member"), (places[host.UserId("owner")], places[host.UserId("admin")], places[host.UserId("member")]));
    }
}

public class SqliteOrganizationAttackTests(ApiHost host) : OrganizationAttackTests(host), IClassFixture<ApiHost>;

public class PostgreSqlOrganizationAttackTests(PostgreSqlApiHost host) : OrganizationAttackTests(host), IClassFixture<PostgreSqlApiHost>;
