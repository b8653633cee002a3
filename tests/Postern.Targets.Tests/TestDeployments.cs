using Postern.Directory.Deployments;

namespace Postern.Targets.Tests;

internal static class TestDeployments
{
    public static DeployedApp MakeApp(string name = "app") => new()
    {
        Name = name,
        Type = "php:8.3",
        Source = null,
        StartCommand = null,
        InstanceCount = 1,
        SshAccess = "contributor",
        Relationships = new Dictionary<string, DeployedRelationship>(),
        Mounts = ["var/data"],
        Variables = new Dictionary<string, string> { ["env:GREETING"] = "it's \"me\" $HOME `id`", ["plain"] = "value" },
    };

    public static DeployedEnvironment MakeEnvironment(params DeployedApp[] apps) => new()
    {
        ProjectId = "abcdefg123456",
        ProjectTitle = "Test",
        ProjectEntropy = new string('e', 56),
        Name = "main",
        MachineName = "main-bvxea6i",
        Type = "production",
        TreeId = "t1",
        Apps = apps,
        Services = [],
        Routes = new Dictionary<string, string> { ["https://example.test/"] = "app:http" },
        Variables = new Dictionary<string, string> { ["plain"] = "environment" },
    };
}
