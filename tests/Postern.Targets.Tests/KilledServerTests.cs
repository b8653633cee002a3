using System.Diagnostics;
using System.Text.Json.Nodes;
using Postern.Directory.Deployments;
using Postern.Targets.Tests.Services;
using Postern.Testing;

namespace Postern.Targets.Tests;

public sealed class KilledServerTests
{
    [Fact]
    public async Task KilledServer_LeavesNoProcessAndItsSuccessorKeepsTheData()
    {
        string folder = Path.Combine(Path.GetTempPath(), "postern-killed-" + Guid.NewGuid().ToString("N")[..8]);
        string data = Path.Combine(folder, "data");
        System.IO.Directory.CreateDirectory(folder);
        try
        {
            var start = new ProcessStartInfo("dotnet", [typeof(KilledServerHost).Assembly.Location, data])
            {
                RedirectStandardOutput = true,
            };
            using Process server = Process.Start(start)!;
            Assert.Equal(KilledServerHost.ReadyLine, await server.StandardOutput.ReadLineAsync());
            Assert.NotEmpty(await ListProcessesAsync(data));
            server.Kill();
            await server.WaitForExitAsync();
            await Programs.WaitUntilAsync(async () => (await ListProcessesAsync(data)).Length == 0, "the end of its processes");

            await using ProcessTarget successor = TargetFixture.OpenTarget(data);
            DeployedEnvironment environment = ServicesFixture.MakeEnvironment("killed-aaaaaaa");
            ITargetApp app = await successor.PrepareAsync(environment, environment.Apps[0], 0, CancellationToken.None);
            TestChannel relationships = await TargetFixture.RunAsync(app, "echo $PLATFORM_RELATIONSHIPS | base64 -d");
            JsonNode database = JsonNode.Parse(relationships.OutputText)!["database"]![0]!;
            TestChannel query = await TargetFixture.RunAsync(
                app, $"PGPASSWORD={database["password"]} psql -h database.internal -U user main -qtAc 'select 1'");
            Assert.Equal("1\n", query.OutputText);
        }
        finally
        {
            System.IO.Directory.Delete(folder, recursive: true);
        }
    }

    // Processes of the real users that the data folder's target has given out.
    private static async Task<string[]> ListProcessesAsync(string data)
    {
        JsonNode allocations = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(data, "allocations.json")))!;
        HashSet<string> users = [.. allocations["Users"]!.AsObject().Select(
            pair => $"{new ProcessTargetConfig { DataDirectory = data }.FirstRealUserId + (int)pair.Value!}")];
        string list = await ServicesFixture.RunHereAsync("ps", new Dictionary<string, string>(), "-e", "-o", "uid=,args=");
        return [.. list.Split('\n').Where(line => users.Contains(line.Trim().Split(' ')[0]))];
    }
}
