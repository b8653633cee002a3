using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Directory.Deployments;
using Postern.Ssh.Connection;

namespace Postern.Targets.Tests;

/// <summary>A process target in a folder of its own, with one empty app prepared.</summary>
public sealed class TargetFixture : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "postern-targets-" + Guid.NewGuid().ToString("N")[..8]);

    public ProcessTarget Target { get; private set; } = null!;

    public ITargetApp App { get; private set; } = null!;

    public DeployedEnvironment Environment { get; } = TestDeployments.MakeEnvironment(TestDeployments.MakeApp());

    public string Folder => _folder;

    public string DataFolder => Path.Combine(_folder, "data");

    public async Task InitializeAsync()
    {
        System.IO.Directory.CreateDirectory(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Target = OpenTarget(DataFolder);
        App = await Target.PrepareAsync(Environment, Environment.Apps[0], 0, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await Target.DisposeAsync();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    internal static ProcessTarget OpenTarget(string folder)
        => ProcessTarget.Open(
            new ProcessTargetConfig { DataDirectory = folder, BackgroundOutputGrace = TimeSpan.FromMilliseconds(500) },
            TimeProvider.System,
            NullLogger<ProcessTarget>.Instance);

    internal static SessionContext MakeContext(string? message = null) => new()
    {
        UserDisplay = "test",
        MessageOfTheDay = message,
        Client = new(System.Net.IPAddress.Loopback, 40000),
        Server = new(System.Net.IPAddress.Loopback, 2222),
    };

    internal TestChannel OpenSession(int window = 2 << 20) => TestChannel.Open(App.OpenSession(MakeContext()), window);

    internal static ChannelRequest.Exec Exec(string command) => new(Encoding.UTF8.GetBytes(command));

    internal Task<TestChannel> RunAsync(string command) => RunAsync(App, command);

    internal static async Task<TestChannel> RunAsync(ITargetApp app, string command)
    {
        TestChannel channel = TestChannel.Open(app.OpenSession(MakeContext()));
        Assert.True(await channel.RequestAsync(Exec(command)));
        channel.SendPeerEof();
        await channel.WaitForCloseAsync();
        return channel;
    }
}
