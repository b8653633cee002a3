using Postern.Directory.Deployments;
using Postern.Targets.Tests.Services;

namespace Postern.Targets.Tests;

/// <summary>What a test runs as a process of its own, to kill it: a target with everything up.</summary>
internal static class KilledServerHost
{
    internal const string ReadyLine = "everything is up";

    public static async Task<int> Main(string[] arguments)
    {
        await using ProcessTarget target = TargetFixture.OpenTarget(arguments[0]);
        DeployedEnvironment environment = ServicesFixture.MakeEnvironment("killed-aaaaaaa");
        await target.PrepareAsync(environment, environment.Apps[0], 0, CancellationToken.None);
        Console.WriteLine(ReadyLine);
        await Task.Delay(Timeout.Infinite);
        return 0;
    }
}
