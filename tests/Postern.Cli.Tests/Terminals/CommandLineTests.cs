using Postern.Cli.Tests.Testing;

namespace Postern.Cli.Tests.Terminals;

public class CommandLineTests
{
    [Theory]
    [InlineData("--version")]
    [InlineData("-V")]
    public async Task Version_IsNameAndNumber(string option)
    {
        using var home = new TestHome();
        Assert.Matches(@"^Postern CLI \d+\.\d+\.\d+\n$", (await home.RunAsync(option)).Succeeded().Output);
    }

    [Fact]
    public async Task List_ShowsCommandsWithAliases_AndHidesTheInternal()
    {
        using var home = new TestHome();
        var list = (await home.RunAsync("list")).Succeeded().Output;
        Assert.Contains("environment:ssh (ssh)", list);
        Assert.DoesNotContain("tunnel:serve", list);
        Assert.Contains("tunnel:serve", (await home.RunAsync("list", "--all")).Output);
    }

    [Theory]
    [InlineData("help", "ssh")]
    [InlineData("ssh", "--help")]
    [InlineData("ssh", "-h")]
    public async Task Help_ExplainsACommand(params string[] args)
    {
        using var home = new TestHome();
        var help = (await home.RunAsync(args)).Succeeded().Output;
        Assert.Contains("--project", help);
        Assert.Contains("--pipe", help);
    }

    [Fact]
    public async Task WrongArguments_AreAnErrorBlockWithUsage()
    {
        using var home = new TestHome();
        var result = await home.RunAsync("logout", "--nope");
        Assert.Equal(1, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains("  [InvalidArgumentException]  \n", result.Error);
        Assert.Contains("Usage: postern auth:logout", result.Error);
        Assert.Contains("For more information, type: postern help auth:logout", result.Error);
        Assert.Equal(1, (await home.RunAsync("nope")).ExitCode);
        Assert.Contains("Command not found: nope", (await home.RunAsync("help", "nope")).Error);
    }

    [Fact]
    public async Task ArgumentsWithAnAtSign_AreNotReadAsFiles()
    {
        using var home = new TestHome();
        home.Write("work/args", "--help");
        Assert.DoesNotContain("Usage:", (await home.RunAsync("ssh", "-p", "x", "--", "@args")).Output);
    }
}
