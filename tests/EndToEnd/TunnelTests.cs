using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Postern.Testing;

namespace Postern.EndToEnd;

/// <summary>Tunnels by the CLI and by the stock client, to the real PostgreSQL and Redis of the environment.</summary>
[Collection(InstallationCollection.Name)]
public sealed class TunnelTests(Installation installation)
{
    private static readonly string[] Select = ["-p", Installation.Project, "-e", "main", "-A", "app"];

    [Fact]
    public async Task OpenUseAndClose_WithPsqlAndRedisCli()
    {
        var home = installation.Contributor;
        var opened = await home.PosternAsync(["tunnel:open", "--yes", .. Select]);
        Assert.True(opened.ExitCode == 0, opened.ToString());
        Assert.Contains("SSH tunnel opened to database at: postgresql://", opened.Error, StringComparison.Ordinal);
        try
        {
            var relationships = JsonDocument.Parse(Convert.FromBase64String(await home.ReadPosternAsync(["tunnel:info", "--encode", .. Select]))).RootElement;
            var database = First(relationships.GetProperty("database"));
            var url = $"postgresql://{database.GetProperty("username")}:{database.GetProperty("password")}@127.0.0.1:{database.GetProperty("port")}/{database.GetProperty("path")}";
            Assert.Equal("42", await Programs.ReadAsync("psql", ["-qAt", url, "-c", "create table t (n int)", "-c", "insert into t values (42)", "-c", "select n from t"]));

            var cache = First(relationships.GetProperty("cache"));
            string[] redis = ["-h", "127.0.0.1", "-p", $"{cache.GetProperty("port")}", "--no-auth-warning", .. Password(cache)];
            Assert.Equal("OK", await Programs.ReadAsync("redis-cli", [.. redis, "set", "a", "b"]));
            Assert.Equal("b", await Programs.ReadAsync("redis-cli", [.. redis, "get", "a"]));

            var again = await home.PosternAsync(["tunnel:open", "--yes", .. Select]);
            Assert.Contains("A tunnel is already opened to the relationship database", again.Error, StringComparison.Ordinal);
            Assert.Contains("database", await home.ReadPosternAsync("tunnels", "--all", "--format", "tsv"), StringComparison.Ordinal);

            var closed = await home.PosternAsync("tunnel:close", "--all", "--yes");
            Assert.True(closed.ExitCode == 0, closed.ToString());
            var port = database.GetProperty("port").GetInt32();
            await Programs.WaitUntilAsync(() => !Programs.IsListening(port), "the end of the tunnel", seconds: 5);
        }
        finally
        {
            await home.PosternAsync("tunnel:close", "--all", "--yes");
        }
    }

    [Theory]
    [InlineData("127.0.0.1", 22)]
    [InlineData("localhost", 5432)]
    [InlineData("::1", 5432)]
    [InlineData("0.0.0.0", 5432)]
    [InlineData("169.254.169.254", 80)]
    [InlineData("2130706433", 5432)]
    [InlineData("database.internal", 22)]
    [InlineData("database.internal.", 5432)]
    [InlineData("other.internal", 5432)]
    public async Task Tunnel_ToAnythingElse_IsRefused(string host, int port)
    {
        var result = await installation.Contributor.SshAsync("-W", $"[{host}]:{port}", Installation.Destination);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("PST-401", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tunnel_ToTheGatewaysOwnWebSide_IsRefused()
    {
        var result = await installation.Contributor.SshAsync("-W", $"127.0.0.1:{installation.Postern.HttpPort}", Installation.Destination);
        Assert.Contains("PST-401", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TunnelSingle_OnAPortInUse_SaysSo()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var result = await installation.Contributor.PosternAsync(["tunnel:single", "--port", $"{port}", "-r", "database", .. Select]);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"Port already in use: {port}", result.Error, StringComparison.Ordinal);
    }

    private static JsonElement First(JsonElement relationship) =>
        relationship.ValueKind == JsonValueKind.Array ? relationship[0] : relationship.GetProperty("0");

    private static string[] Password(JsonElement endpoint) =>
        endpoint.TryGetProperty("password", out var password) && password.ValueKind == JsonValueKind.String ? ["-a", password.GetString()!] : [];
}
