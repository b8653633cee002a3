using System.Text.Json.Nodes;
using Postern.Cli.Tests.Testing;

namespace Postern.Cli.Tests.Ssh;

[Collection("loopback ports")]
public class SshCommandTests
{
    [Fact]
    public async Task Pipe_PrintsTheAddressWithoutALineEnd()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        var expected = $"{ContractServer.ProjectId}-main-bvxea6i--app@ssh.local.postern.test";
        Assert.Equal(expected, (await home.RunAsync("ssh", "-p", ContractServer.ProjectId, "-e", "main", "--pipe")).Succeeded().Output);
        Assert.Equal(expected, (await home.RunAsync("ssh", "-p", $"{server.Url}/projects/{ContractServer.ProjectId}/environments/main", "--pipe")).Succeeded().Output);
        Assert.Equal(expected, (await home.RunAsync("ssh", "-p", $"https://main-bvxea6i-{ContractServer.ProjectId}.local.site.postern.test/", "--pipe")).Succeeded().Output);
        Assert.Equal(expected.Replace("--app", "--app--queue"), (await home.RunAsync("ssh", "-p", ContractServer.ProjectId, "-e", "main-bvxea6i", "--worker", "queue", "--pipe")).Succeeded().Output);
        Assert.Equal(expected.Replace("--app", "--app--0"), (await home.RunAsync("ssh", "-p", ContractServer.ProjectId, "-e", ".", "-I", "0", "--pipe")).Succeeded().Output);
        var all = (await home.RunAsync("ssh", "-p", ContractServer.ProjectId, "-e", "main", "--all")).Succeeded().Output;
        Assert.Equal(3, all.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task Selection_ByVariablesAndQuestions_FindsTheApp()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        home.Variables["PLATFORM_PROJECT"] = ContractServer.ProjectId;
        home.Variables["PLATFORM_BRANCH"] = "main";
        home.Variables["PLATFORM_APPLICATION_NAME"] = "app";
        Assert.EndsWith("--app@ssh.local.postern.test", (await home.RunAsync("ssh", "--pipe")).Succeeded().Output);

        foreach (var name in new[] { "PLATFORM_PROJECT", "PLATFORM_BRANCH", "PLATFORM_APPLICATION_NAME" })
        {
            home.Variables.Remove(name);
        }

        home.IsInteractive = true;
        var asked = (await home.RunWithInputAsync("0\n1\n", "ssh", "--pipe")).Succeeded();
        Assert.Contains($"[0] Demo ({ContractServer.ProjectId})", asked.Error);
        Assert.Contains("(by default)", asked.Error);
        Assert.EndsWith("--app--queue@ssh.local.postern.test", asked.Output);
    }

    [Theory]
    [InlineData(1, "Specified environment not found: nope", "-e", "nope")]
    [InlineData(1, "Application not found: nope", "-e", "main", "-A", "nope")]
    [InlineData(1, "Worker not found: nope", "-e", "main", "--worker", "nope")]
    [InlineData(1, "Available instances: 0", "-e", "main", "-I", "7")]
    public async Task Selection_OfSomethingThatIsNotThere_SaysWhat(int exitCode, string message, params string[] more)
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        var result = await home.RunAsync(["ssh", "-p", ContractServer.ProjectId, "--pipe", .. more]);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(message, result.Error);
    }

    [Fact]
    public async Task UnknownProject_ListsTheProjectsThereAre()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        var result = await home.RunAsync("ssh", "-p", "nothere");
        Assert.Equal(9, result.ExitCode);
        Assert.Contains("Specified project not found: nothere", result.Error);
        Assert.Contains($"    {ContractServer.ProjectId} - Demo", result.Error);
    }

    [Theory]
    [InlineData("inactive", "is inactive, so an SSH connection is not possible.")]
    [InlineData("paused", "is paused, so an SSH connection is not possible.")]
    [InlineData("active", "You may not have permission to SSH.")]
    public async Task EnvironmentWithoutSsh_SaysWhy(string status, string message)
    {
        await using var server = await ContractServer.StartAsync();
        server.Environment["status"] = status;
        server.Environment["_links"] = new JsonObject();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        var result = await home.RunAsync("ssh", "-p", ContractServer.ProjectId, "-e", "main");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(message, result.Error);
    }

    [Theory]
    [InlineData("ssh://-oProxyCommand=touch@ssh.local.postern.test")]
    [InlineData("ssh://user@-oProxyCommand=x")]
    [InlineData("ssh://a;b@host")]
    [InlineData("ssh://user@host name")]
    [InlineData("http://user@host")]
    public async Task HostileSshAddress_IsNotRun(string href)
    {
        await using var server = await ContractServer.StartAsync();
        server.Environment["_links"] = new JsonObject { ["pf:ssh:app"] = new JsonObject { ["href"] = href } };
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        var result = await home.RunAsync("ssh", "-p", ContractServer.ProjectId, "-e", "main");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("cannot be used", result.Error);
    }

    [Fact]
    public async Task RemoteCommand_ReturnsItsExitStatus_AndExpiredCertificateIsReplaced()
    {
        await using var deployed = await Deployed.StartAsync();
        var home = deployed.Home;
        string[] target = ["ssh", "-p", ContractServer.ProjectId, "-e", "main", "-A", "app"];
        var mark = home.File("mark");
        Assert.Equal(7, (await home.RunAsync([.. target, "--", $"echo done > {mark}; exit 7"])).ExitCode);
        Assert.Equal("done\n", home.Read("mark"));
        Assert.Equal(0, (await home.RunAsync([.. target, "--", "sh", "-c", $"echo 'two words' > {mark}"])).ExitCode);
        Assert.Equal("two words\n", home.Read("mark"));

        var before = deployed.Server.Count("POST /ssh");
        deployed.Server.CertificateValidity = "-1h:+1m";
        (await home.RunAsync("ssh-cert:load", "--new")).Succeeded();
        deployed.Server.CertificateValidity = "-1m:+1h";
        Assert.Equal(0, (await home.RunAsync([.. target, "--", "true"])).ExitCode);
        Assert.Equal(before + 2, deployed.Server.Count("POST /ssh"));
    }

    [Fact]
    public async Task RefusedConnection_IsExplained()
    {
        await using var deployed = await Deployed.StartAsync();
        deployed.Ssh.Forbid();
        var result = await deployed.Home.RunAsync("ssh", "-p", ContractServer.ProjectId, "-e", "main", "-A", "app", "--", "true");
        Assert.Equal(255, result.ExitCode);
        Assert.Contains("The SSH connection failed.", result.Error);
    }
}
