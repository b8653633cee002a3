using System.Text.Json.Nodes;
using Postern.Directory.Deployments;

namespace Postern.Targets.Tests.Services;

public sealed class ServiceTests(ServicesFixture fixture) : IClassFixture<ServicesFixture>
{
    [Fact]
    public async Task Relationship_HasAllKeysOfAnEndpoint()
    {
        JsonNode database = await fixture.ReadRelationshipAsync("database");
        string[] keys = [
            "username", "password", "scheme", "host", "hostname", "ip", "port", "path", "query", "fragment", "rel", "service",
            "type", "cluster", "public", "host_mapped",
        ];
        Assert.Equal(keys.Order(), database.AsObject().Select(pair => pair.Key).Order());
        Assert.Equal("pgsql", (string?)database["scheme"]);
        Assert.Equal("database.internal", (string?)database["host"]);
        Assert.Equal("main", (string?)database["path"]);
        Assert.Equal("user", (string?)database["username"]);
        Assert.Equal(5432, (int)database["port"]!);
        Assert.True((bool)database["query"]!["is_master"]!);
        Assert.Equal("abcdefg123456-main-bvxea6i", (string?)database["cluster"]);
        JsonNode cache = await fixture.ReadRelationshipAsync("cache");
        Assert.Equal("redis", (string?)cache["scheme"]);
        Assert.Null(cache["username"]);
        Assert.Null(cache["path"]);
        Assert.Empty(cache["query"]!.AsArray());
    }

    [Fact]
    public async Task Psql_InTheApp_WritesAndReads()
    {
        JsonNode database = await fixture.ReadRelationshipAsync("database");
        TestChannel channel = await TargetFixture.RunAsync(
            fixture.App,
            $"export PGPASSWORD={database["password"]}; psql -h database.internal -U user main -qtA "
            + "-c 'create table if not exists t (a int)' -c 'insert into t values (42)' -c 'select max(a) from t'");
        Assert.Equal("42\n", channel.OutputText);
        Assert.Equal(0, channel.ExitStatus);
    }

    [Fact]
    public async Task Psql_WithWrongPassword_IsRefused()
    {
        JsonNode database = await fixture.ReadRelationshipAsync("database");
        foreach (string user in (string[])["user", "postgres"])
        {
            string text = await ServicesFixture.RunHereAsync(
                "psql", new Dictionary<string, string> { ["PGPASSWORD"] = "wrong" },
                "-h", (string)database["ip"]!, "-U", user, "main", "-c", "select 1");
            Assert.Contains("FATAL", text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task RedisCli_InTheApp_SetsAndGets()
    {
        JsonNode cache = await fixture.ReadRelationshipAsync("cache");
        TestChannel channel = await TargetFixture.RunAsync(
            fixture.App,
            $"export REDISCLI_AUTH={cache["password"]}; redis-cli -h cache.internal set key value; redis-cli -h cache.internal get key");
        Assert.Equal("OK\nvalue\n", channel.OutputText);
    }

    [Fact]
    public async Task Redis_WithoutPassword_IsRefused()
    {
        JsonNode cache = await fixture.ReadRelationshipAsync("cache");
        string text = await ServicesFixture.RunHereAsync(
            "redis-cli", new Dictionary<string, string>(), "-h", (string)cache["ip"]!, "get", "key");
        Assert.Contains("NOAUTH", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Services_DoNotRunAsRoot()
    {
        string list = await ServicesFixture.RunHereAsync("ps", new Dictionary<string, string>(), "-e", "-o", "uid=,args=");
        JsonNode cache = await fixture.ReadRelationshipAsync("cache");
        AssertNotRoot(list, line => line.Contains($"redis-server {cache["ip"]}:6379", StringComparison.Ordinal));
        JsonNode database = await fixture.ReadRelationshipAsync("database");
        AssertNotRoot(list, line => line.Contains($"listen_addresses={database["ip"]} ", StringComparison.Ordinal) && !line.Contains("unshare", StringComparison.Ordinal));
    }

    // There may be several: a child has its parent's arguments until it takes a name of its own.
    private static void AssertNotRoot(string list, Func<string, bool> isService)
    {
        string[] lines = [.. list.Split('\n').Where(isService)];
        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.NotEqual("0", line.Trim().Split(' ')[0]));
    }

    [Fact]
    public async Task Passwords_AreOnNoCommandLineAndInPrivateFiles()
    {
        JsonNode cache = await fixture.ReadRelationshipAsync("cache");
        JsonNode database = await fixture.ReadRelationshipAsync("database");
        string list = await ServicesFixture.RunHereAsync("ps", new Dictionary<string, string>(), "-e", "-o", "args=");
        Assert.DoesNotContain((string)cache["password"]!, list, StringComparison.Ordinal);
        Assert.DoesNotContain((string)database["password"]!, list, StringComparison.Ordinal);
        string credentials = Path.Combine(fixture.DataFolder, "environments", "abcdefg123456-main-bvxea6i", "credentials", "db");
        Assert.Equal((string)database["password"]!, (await File.ReadAllTextAsync(credentials)).Trim());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(credentials));
    }

    [Fact]
    public async Task KilledService_ComesBackWithItsData()
    {
        DeployedEnvironment environment = ServicesFixture.MakeEnvironment("crash-aaaaaaa");
        ITargetApp app = await fixture.Target.PrepareAsync(environment, environment.Apps[0], 0, CancellationToken.None);
        TestChannel relationships = await TargetFixture.RunAsync(app, "echo $PLATFORM_RELATIONSHIPS | base64 -d");
        JsonNode database = JsonNode.Parse(relationships.OutputText)!["database"]![0]!;
        string psql = $"export PGPASSWORD={database["password"]}; psql -h database.internal -U user main -qtA ";
        await TargetFixture.RunAsync(app, psql + "-c 'create table kept as select 7 as a'");
        string list = await ServicesFixture.RunHereAsync("pgrep", new Dictionary<string, string>(), "-f", $"postgres -D /data/cluster .*listen_addresses={database["ip"]} ");
        foreach (string id in list.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            await ServicesFixture.RunHereAsync("kill", new Dictionary<string, string>(), "-9", id);
        }

        TestChannel read = await TargetFixture.RunAsync(
            app, psql + "-c 'select a from kept' 2>/dev/null || for i in $(seq 300); do " + psql + "-c 'select a from kept' 2>/dev/null && break; sleep 0.1; done");
        Assert.Equal("7\n", read.OutputText);
        await fixture.Target.StopAsync(environment.ProjectId, environment.MachineName, CancellationToken.None);
        string after = await ServicesFixture.RunHereAsync("ps", new Dictionary<string, string>(), "-e", "-o", "args=");
        Assert.DoesNotContain($"listen_addresses={database["ip"]} ", after, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RestartedServer_KeepsAddressPasswordAndData()
    {
        JsonNode before = await fixture.ReadRelationshipAsync("cache");
        string set = $"export REDISCLI_AUTH={before["password"]}; redis-cli -h cache.internal ";
        await TargetFixture.RunAsync(fixture.App, set + "set restarted yes");
        await fixture.RestartAsync();
        JsonNode after = await fixture.ReadRelationshipAsync("cache");
        Assert.Equal(before.ToJsonString(), after.ToJsonString());
        TestChannel get = await TargetFixture.RunAsync(fixture.App, set + "get restarted");
        Assert.Equal("yes\n", get.OutputText);
    }

    [Theory]
    [InlineData("postgresql:1")]
    [InlineData("postgresql:../../../bin")]
    [InlineData("postgresql")]
    [InlineData("mysql:8")]
    public async Task ServiceThatIsNotHere_IsRefusedWithoutInternals(string type)
    {
        DeployedEnvironment environment = ServicesFixture.MakeEnvironment("none-aaaaaaa") with { Services = [new("db", type), new("kv", "redis:7.0")] };
        TargetException exception = await Assert.ThrowsAsync<TargetException>(
            async () => await fixture.Target.PrepareAsync(environment, environment.Apps[0], 0, CancellationToken.None));
        Assert.Equal(TargetFailure.ServiceNotStarted, exception.Failure);
        Assert.DoesNotContain("/usr", exception.PeerMessage, StringComparison.Ordinal);
        await fixture.Target.StopAsync(environment.ProjectId, environment.MachineName, CancellationToken.None);
    }

    [Fact]
    public async Task ConcurrentPreparations_ShareOneStart()
    {
        DeployedEnvironment environment = ServicesFixture.MakeEnvironment("shared-aaaaaaa") with { Services = [new("db", "redis:7"), new("kv", "redis:7")] };
        ITargetApp[] apps = await Task.WhenAll(Enumerable.Range(0, 8).Select(
            async _ => await fixture.Target.PrepareAsync(environment, environment.Apps[0], 0, CancellationToken.None)));
        await TargetFixture.RunAsync(apps[0], "echo once >>/tmp/starts");
        TestChannel channel = await TargetFixture.RunAsync(apps[7], "cat /tmp/starts");
        Assert.Equal("once\n", channel.OutputText);
        await fixture.Target.StopAsync(environment.ProjectId, environment.MachineName, CancellationToken.None);
    }
}
