using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Postern.Api.Tests.Testing;

namespace Postern.Api.Tests.SshKeys;

/// <summary>Runs on both databases.</summary>
public abstract class SshKeyEndpointsTests(ApiHost host)
{
    [Theory]
    [InlineData("")]
    [InlineData("/v1")]
    public async Task Key_IsAdded_Shown_AndRemoved(string prefix)
    {
        var line = NewKeyLine("ada@laptop");
        var (status, added) = await AddAsync("owner", line, null, prefix);
        Assert.Equal(HttpStatusCode.Created, status);
        var id = added.GetProperty("key_id").GetInt32();
        Assert.Equal("ada@laptop", added.GetProperty("title").GetString());
        Assert.Equal(Convert.ToHexStringLower(MD5.HashData(Convert.FromBase64String(line.Split(' ')[1]))), added.GetProperty("fingerprint").GetString());

        var me = await host.GetAsync("owner", "/me");
        Assert.Contains(me.GetProperty("ssh_keys").EnumerateArray(), k => k.GetProperty("key_id").GetInt32() == id);
        Assert.Equal(id, (await host.GetAsync("owner", $"{prefix}/ssh_keys/{id}")).GetProperty("key_id").GetInt32());
        Assert.Equal(HttpStatusCode.NotFound, (await host.TryGetAsync("admin", $"{prefix}/ssh_keys/{id}")).Status);

        using var admin = host.Client("admin");
        Assert.Equal(HttpStatusCode.NotFound, (await admin.DeleteAsync($"{prefix}/ssh_keys/{id}")).StatusCode);
        using var owner = host.Client("owner");
        Assert.Equal(HttpStatusCode.NoContent, (await owner.DeleteAsync($"{prefix}/ssh_keys/{id}")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await owner.DeleteAsync($"{prefix}/ssh_keys/{id}")).StatusCode);
    }

    [Theory]
    [InlineData("admin")]
    [InlineData("viewer")]
    public async Task Key_ThatIsRegistered_CannotBeAddedAgain(string second)
    {
        var line = NewKeyLine("x");
        await AddAsync("admin", line, "first");
        var (status, problem) = await AddAsync(second, line + "-other-comment", "second");
        Assert.Equal(HttpStatusCode.Conflict, status);
        Assert.Equal("SSH key can not be duplicated", problem.GetProperty("message").GetString());
    }

    [Fact]
    public async Task HundredKeys_AreTheLimit()
    {
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(HttpStatusCode.Created, (await AddAsync("member", NewKeyLine(""), $"key {i}")).Status);
        }

        var (status, problem) = await AddAsync("member", NewKeyLine(""), "one more");
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Contains("100", problem.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "missing")]
    [InlineData("null", "empty")]
    [InlineData("", "not the JSON")]
    [InlineData("{", "not the JSON")]
    [InlineData("[1]", "not the JSON")]
    [InlineData("{\"value\": 7}", "not the JSON")]
    [InlineData("{\"value\": \"hello\"}", "not a public key")]
    [InlineData("{\"value\": \"ssh-ed25519 AAAA\"}", "not a public key")]
    [InlineData("{\"value\": \"ssh-dss AAAAB3NzaC1kc3MAAAAA\"}", "not a public key")]
    [InlineData("{\"value\": \"-----BEGIN OPENSSH PRIVATE KEY-----\"}", "private key")]
    public async Task Body_ThatIsNoKey_IsRefusedWithAReason(string body, string reason)
    {
        using var client = host.Client("developer");
        using var response = await client.PostAsync("/ssh_keys", new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(reason, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Body_ThatIsHuge_IsRefused()
    {
        using var client = host.Client("developer");
        using var response = await client.PostAsync("/ssh_keys", new StringContent(new string(' ', 100_000)));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("larger than", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Title_IsCleanedAndCut_OrTheFingerprint()
    {
        Assert.Equal("ab", (await AddAsync("viewer", NewKeyLine(""), "a\u001b\u0000b")).Body.GetProperty("title").GetString());
        Assert.Equal(255, (await AddAsync("viewer", NewKeyLine(""), new string('x', 4000))).Body.GetProperty("title").GetString()!.Length);
        Assert.StartsWith("SHA256:", (await AddAsync("viewer", NewKeyLine(""), " ")).Body.GetProperty("title").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Key_IsRenamedByItsOwnerOnly()
    {
        var (_, key) = await AddAsync("viewer", NewKeyLine("old"), null);
        var path = $"/ssh_keys/{key.GetProperty("key_id").GetInt32()}";
        using var other = host.Client("developer");
        Assert.Equal(HttpStatusCode.NotFound, (await other.PatchAsJsonAsync(path, new { title = "mine" })).StatusCode);
        using var owner = host.Client("viewer");
        var renamed = await owner.PatchAsJsonAsync(path, new { title = "n\u001bew", value = NewKeyLine("x"), user_id = host.UserId("developer"), key_id = 1 });
        Assert.Equal(HttpStatusCode.OK, renamed.StatusCode);
        var body = await renamed.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("new", body.GetProperty("title").GetString());
        Assert.Equal(key.GetProperty("fingerprint").GetString(), body.GetProperty("fingerprint").GetString());
        Assert.Equal("new", (await (await owner.PatchAsJsonAsync(path, new { })).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("title").GetString());
        Assert.Equal(HttpStatusCode.BadRequest, (await owner.PatchAsJsonAsync(path, new { title = new string('x', 256) })).StatusCode);
        Assert.Equal(HttpStatusCode.BadRequest, (await owner.PatchAsync(path, new StringContent("[]"))).StatusCode);
        using var token = host.Client("viewer", claims: "api_token=11111111-1111-1111-1111-111111111111;token_read_only=true");
        Assert.Equal(HttpStatusCode.Forbidden, (await token.PatchAsJsonAsync(path, new { title = "x" })).StatusCode);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("99999999999999999999")]
    [InlineData("abc")]
    public async Task Key_OfAStrangeId_IsNotFound(string id) =>
        Assert.Equal(HttpStatusCode.NotFound, (await host.TryGetAsync("owner", $"/ssh_keys/{id}")).Status);

    private async Task<(HttpStatusCode Status, JsonElement Body)> AddAsync(string name, string value, string? title, string prefix = "")
    {
        using var client = host.Client(name);
        using var response = await client.PostAsJsonAsync($"{prefix}/ssh_keys", new { value, title });
        return (response.StatusCode, await response.Content.ReadFromJsonAsync<JsonElement>());
    }

    private static string NewKeyLine(string comment)
    {
        byte[] blob = [0, 0, 0, 11, .. "ssh-ed25519"u8, 0, 0, 0, 32, .. RandomNumberGenerator.GetBytes(32)];
        return $"ssh-ed25519 {Convert.ToBase64String(blob)} {comment}".Trim();
    }
}

public class SqliteSshKeyEndpointsTests(ApiHost host) : SshKeyEndpointsTests(host), IClassFixture<ApiHost>;

public class PostgreSqlSshKeyEndpointsTests(PostgreSqlApiHost host) : SshKeyEndpointsTests(host), IClassFixture<PostgreSqlApiHost>;
