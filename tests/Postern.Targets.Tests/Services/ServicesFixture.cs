using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Postern.Directory.Deployments;

namespace Postern.Targets.Tests.Services;

/// <summary>A target with an app that has a PostgreSQL and a Redis.</summary>
public sealed class ServicesFixture : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "postern-services-" + Guid.NewGuid().ToString("N")[..8]);

    public ProcessTarget Target { get; private set; } = null!;

    public ITargetApp App { get; private set; } = null!;

    public DeployedEnvironment Environment { get; } = MakeEnvironment("main-bvxea6i");

    public string DataFolder => Path.Combine(_folder, "data");

    public async Task InitializeAsync()
    {
        System.IO.Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Target = TargetFixture.OpenTarget(DataFolder);
        App = await Target.PrepareAsync(Environment, Environment.Apps[0], 0, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await Target.DisposeAsync();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Another target, as after a restart of the server.</summary>
    public async Task RestartAsync()
    {
        await Target.DisposeAsync();
        Target = TargetFixture.OpenTarget(DataFolder);
        App = await Target.PrepareAsync(Environment, Environment.Apps[0], 0, CancellationToken.None);
    }

    internal static DeployedEnvironment MakeEnvironment(string machineName)
    {
        DeployedApp app = TestDeployments.MakeApp() with
        {
            Relationships = new Dictionary<string, DeployedRelationship>
            {
                ["database"] = new("db", "postgresql"),
                ["cache"] = new("kv", "redis"),
            },
        };
        return TestDeployments.MakeEnvironment(app) with
        {
            MachineName = machineName,
            Services = [new("db", $"postgresql:{FindPostgreSql()}"), new("kv", "redis:7.0")],
        };
    }

    internal static string FindPostgreSql()
        => System.IO.Directory.EnumerateDirectories("/usr/lib/postgresql").Select(Path.GetFileName).Order().Last()!;

    internal async Task<JsonNode> ReadRelationshipAsync(string name)
    {
        TestChannel channel = await TargetFixture.RunAsync(App, "echo $PLATFORM_RELATIONSHIPS | base64 -d");
        return JsonNode.Parse(channel.OutputText)![name]![0]!;
    }

    /// <summary>Runs a program of this machine and returns what it printed.</summary>
    internal static async Task<string> RunHereAsync(string program, IReadOnlyDictionary<string, string> variables, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in variables)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new StringBuilder(output).Append(await errors).ToString();
    }
}
