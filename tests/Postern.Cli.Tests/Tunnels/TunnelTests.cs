using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Postern.Cli.Tests.Testing;
using Postern.Cli.Tunnels;
using Postern.Testing;

namespace Postern.Cli.Tests.Tunnels;

[Collection("loopback ports")]
public class TunnelTests
{
    private static readonly string[] Target = ["-p", ContractServer.ProjectId, "-e", "main", "-A", "app"];

    [Fact]
    public async Task Open_ListInfoClose_ServesEveryRelationshipByOneSsh()
    {
        await using var deployed = await Deployed.StartAsync();
        var home = deployed.Home;
        var opened = (await home.RunAsync(["tunnel:open", .. Target])).Succeeded();
        Assert.Empty(opened.Output);
        Assert.Contains("SSH tunnel opened to database at: postgresql://user:p%40ss@127.0.0.1:", opened.Error);
        Assert.Contains("SSH tunnel opened to redis at: redis://127.0.0.1:", opened.Error);
        Assert.Contains("export PLATFORM_RELATIONSHIPS=\"$(postern tunnel:info --encode)\"", opened.Error);

        var ports = (await home.RunAsync("tunnels", "--format", "plain", "--columns", "port", "--no-header")).Succeeded().Output
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToList();
        Assert.Equal(2, ports.Count);
        Assert.All(ports, p => Assert.InRange(p, 30000, 30200));
        Assert.Equal("database\nping\n", await EchoService.TalkAsync(ports[0]));
        Assert.Equal("cache\nping\n", await EchoService.TalkAsync(ports[1]));
        Assert.Single(State(home).Select(e => (int)e!["pid"]!).Distinct());

        var again = (await home.RunAsync(["tunnel:open", .. Target])).Succeeded();
        Assert.Contains("A tunnel is already opened to the relationship database", again.Error);

        var encoded = (await home.RunAsync("tunnel:info", "--encode")).Succeeded().Output;
        var decoded = JsonNode.Parse(Convert.FromBase64String(encoded.Trim()))!;
        Assert.Equal(ports[0], (int)decoded["database"]!["0"]!["port"]!);
        Assert.Equal("127.0.0.1", decoded["database"]!["0"]!["host"]!.ToString());
        Assert.Equal($"{ports[1]}\n", (await home.RunAsync("tunnel:info", "-P", "redis.0.port")).Succeeded().Output);

        home.Variables["PLATFORM_RELATIONSHIPS"] = encoded.Trim();
        Assert.Equal($"{ports[0]}\n", (await home.RunAsync("relationships", "-P", "database.0.port")).Succeeded().Output);
        home.Variables.Remove("PLATFORM_RELATIONSHIPS");

        var closed = (await home.RunAsync("tunnel:close", "--all", "-y")).Succeeded();
        Assert.Contains($"Closed tunnel to database on {ContractServer.ProjectId}-main--app", closed.Error);
        Assert.All(ports, p => Assert.True(TunnelPorts.IsFree(p)));
        Assert.False(File.Exists(home.File(".postern/tunnel-info.json")));
        Assert.Contains("No tunnels found.", (await home.RunAsync("tunnels")).Error);
    }

    [Fact]
    public async Task DeletedPidFile_ClosesThatTunnelOnly()
    {
        await using var deployed = await Deployed.StartAsync();
        var home = deployed.Home;
        (await home.RunAsync(["tunnel:open", .. Target])).Succeeded();
        var entries = State(home);
        var database = entries.Single(e => e!["relationship"]!.ToString() == "database")!;
        var redis = entries.Single(e => e!["relationship"]!.ToString() == "redis")!;
        File.Delete(Directory.GetFiles(home.File(".postern/.tunnels"), "*database*.pid").Single());
        await Until(() => Task.FromResult(TunnelPorts.IsFree((int)database["localPort"]!)));
        Assert.Equal("cache\nping\n", await EchoService.TalkAsync((int)redis["localPort"]!));

        // And it can be opened again through the ssh that is there.
        (await home.RunAsync(["tunnel:open", .. Target])).Succeeded();
        var reopened = State(home).Single(e => e!["relationship"]!.ToString() == "database")!;
        Assert.Equal("database\nping\n", await EchoService.TalkAsync((int)reopened["localPort"]!));
        Assert.Equal((int)redis["pid"]!, (int)reopened["pid"]!);
    }

    [Fact]
    public async Task DeadConnection_IsOpenedAgainOnTheSamePorts()
    {
        await using var deployed = await Deployed.StartAsync();
        var home = deployed.Home;
        (await home.RunAsync(["tunnel:open", .. Target])).Succeeded();
        var port = (int)State(home).Single(e => e!["relationship"]!.ToString() == "database")!["localPort"]!;
        deployed.Ssh.Kill();
        await Until(() => Task.FromResult(TunnelPorts.IsFree(port)));
        deployed.Ssh.Start();
        await Until(async () => await EchoService.TalkAsync(port) == "database\nping\n");
        await Until(() => Task.FromResult(home.Read(".postern/tunnels.log").Contains("the tunnels are open again", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Open_WhenSshIsRefused_FailsAndLeavesNothing()
    {
        await using var deployed = await Deployed.StartAsync();
        deployed.Ssh.Forbid();
        var result = await deployed.Home.RunAsync(["tunnel:open", .. Target]);
        Assert.Equal(1, result.ExitCode);
        Assert.False(File.Exists(deployed.Home.File(".postern/tunnel-info.json")));
        deployed.Ssh.Allow();
        (await deployed.Home.RunAsync(["tunnel:open", .. Target])).Succeeded();
    }

    [Fact]
    public async Task Single_KeepsOneTunnelUntilItsPidFileGoes()
    {
        await using var deployed = await Deployed.StartAsync();
        var home = deployed.Home;
        var port = Ports.Free();
        using var output = new StringWriter();
        using var error = new SignallingWriter();
        var running = Postern.Cli.CommandLine.CommandRunner.RunAsync(
            ["tunnel:single", "-r", "redis", "--port", $"{port}", .. Target], home.Host(output, error));
        Assert.NotNull(await error.WaitForAsync("SSH tunnel opened to redis at: redis://127.0.0.1:", running));
        Assert.Equal("cache\nping\n", await EchoService.TalkAsync(port));
        var taken = await home.RunAsync(["tunnel:single", "-r", "database", "--port", $"{port}", .. Target]);
        Assert.Contains($"Port already in use: {port}", taken.Error);
        Assert.Contains("Invalid port: 80", (await home.RunAsync(["tunnel:single", "--port", "80", .. Target])).Error);
        Assert.Contains("Relationship not found: nope", (await home.RunAsync(["tunnel:single", "-r", "nope", .. Target])).Error);
        Assert.Contains("More than one relationship found.", (await home.RunAsync(["tunnel:single", .. Target])).Error);
        File.Delete(Directory.GetFiles(home.File(".postern/.tunnels"), "*redis*.pid").Single());
        Assert.Equal(0, await running);
        Assert.True(TunnelPorts.IsFree(port));
    }

    [Fact]
    public async Task DamagedStateFile_IsReportedAndSetAside()
    {
        using var home = new TestHome();
        home.Write(".postern/tunnel-info.json", "{ \"a\": ");
        var result = await home.RunAsync("tunnels", "--all");
        Assert.Contains("was damaged", result.Error);
        var aside = Directory.GetFiles(home.File(".postern"), "tunnel-info.json.corrupt-*").Single();
        Assert.Equal("{ \"a\": ", File.ReadAllText(aside));
    }

    [Fact]
    public void Ports_StartAt30000_FollowTheHighest_AndSkipTheRefused()
    {
        Assert.Equal(30000, TunnelPorts.Choose([], _ => true));
        Assert.Equal(30003, TunnelPorts.Choose([30000, 30002], _ => true));
        Assert.Equal(30005, TunnelPorts.Choose([30000, 30002], p => p >= 30005));
        Assert.Equal(6670, TunnelPorts.Choose([6664], _ => true));
        Assert.Throws<Postern.Cli.Hosting.CliException>(() => TunnelPorts.Choose([], _ => false));
        Assert.Throws<Postern.Cli.Hosting.CliException>(() => TunnelPorts.Choose([65535], _ => true));
        Assert.False(TunnelPorts.IsValid(80));
        Assert.False(TunnelPorts.IsValid(2049));
    }

    private static List<JsonNode?> State(TestHome home) =>
        [.. JsonNode.Parse(File.ReadAllText(home.File(".postern/tunnel-info.json"), Encoding.UTF8))!.AsObject().Select(p => p.Value)];

    private static async Task Until(Func<Task<bool>> isTrue)
    {
        var started = Stopwatch.StartNew();
        while (!await isTrue())
        {
            Assert.True(started.Elapsed < TimeSpan.FromSeconds(60), "it did not happen within a minute");
            await Task.Delay(50);
        }
    }
}
