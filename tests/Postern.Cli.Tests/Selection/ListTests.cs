using System.Text.Json.Nodes;
using Postern.Cli.Tests.Testing;

namespace Postern.Cli.Tests.Selection;

[Collection("loopback ports")]
public class ListTests
{
    [Fact]
    public async Task Lists_GoToStandardOutput_CaptionsToStandardError()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        var projects = (await home.RunAsync("projects")).Succeeded();
        Assert.Contains("| " + ContractServer.ProjectId, projects.Output);
        Assert.Contains("| acme", projects.Output);
        Assert.Contains("Your projects are:", projects.Error);
        Assert.Equal($"{ContractServer.ProjectId}\n", (await home.RunAsync("projects", "--pipe")).Succeeded().Output);
        var csv = (await home.RunAsync("projects", "--format", "csv", "--columns", "id,title", "--no-header")).Succeeded();
        Assert.Equal($"{ContractServer.ProjectId},Demo\n", csv.Output);
        Assert.Empty(csv.Error);

        server.Environments.Add(JsonNode.Parse("""{"id":"feature","name":"feature","title":"F\u001b[31m","status":"dirty","type":"development","parent":"main","_links":{}}"""));
        var environments = (await home.RunAsync("environments", "-p", ContractServer.ProjectId)).Succeeded();
        Assert.Contains("|   feature", environments.Output);
        Assert.Contains("In progress", environments.Output);
        Assert.DoesNotContain('\u001b', environments.Output);
        Assert.Equal("php:8.3\n", (await home.RunAsync("apps", "-p", ContractServer.ProjectId, "-e", "main", "--format", "plain", "--columns", "type", "--no-header")).Succeeded().Output);
    }

    [Fact]
    public async Task GitRepository_NamesProjectAndEnvironment()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        Tool.Require("git", "-C", home.Work, "init", "-q", "-b", "main");
        var none = await home.RunAsync("ssh", "--pipe");
        Assert.Equal(2, none.ExitCode);
        Assert.Contains("Could not determine the current project.", none.Error);
        Tool.Require("git", "-C", home.Work, "remote", "add", "postern", $"{ContractServer.ProjectId}@git.local.postern.test:{ContractServer.ProjectId}.git");
        Assert.EndsWith("--app@ssh.local.postern.test", (await home.RunAsync("ssh", "--pipe")).Succeeded().Output);
        Tool.Require("git", "-C", home.Work, "symbolic-ref", "HEAD", "refs/heads/local-name");
        home.Write("work/.postern/local/project.yaml", $"id: {ContractServer.ProjectId}\nmapping:\n  local-name: main\n");
        Assert.EndsWith("--app@ssh.local.postern.test", (await home.RunAsync("ssh", "--pipe")).Succeeded().Output);
    }
}
