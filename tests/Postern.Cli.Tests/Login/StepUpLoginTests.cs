using System.Text.RegularExpressions;
using Postern.Cli.Tests.Testing;

namespace Postern.Cli.Tests.Login;

/// <summary>A command that is refused for want of a better sign-in starts it itself (RFC 9470).</summary>
[Collection("loopback ports")]
public partial class StepUpLoginTests
{
    [Fact]
    public async Task Refused_LogsInAsAskedAndRepeatsTheRequestOnce()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        server.DemandStepUp = true;
        server.Requests.Clear();
        var (exitCode, output, error) = await RunAsync(home, server, "y\ny\n", "projects", "--pipe");
        Assert.True(exitCode == 0, error);
        Assert.Equal(ContractServer.ProjectId, output.Trim());
        Assert.Contains("Multi-factor authentication (MFA) is required.", error);
        Assert.Contains("Log in via a browser? [Y/n]", error);
        Assert.Equal(2, server.Count($"GET /users/{ContractServer.UserId}/extended-access"));
        Assert.Equal(1, server.Count("GET /ref/projects"));
    }

    [Fact]
    public async Task Declined_NamesTheCommandAndAsksOnce()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        server.DemandStepUp = true;
        var (exitCode, _, error) = await RunAsync(home, server, "n\n", "projects");
        Assert.Equal(3, exitCode);
        Assert.Contains("postern login --method mfa --max-age 900", error);
        Assert.Single(Question().Matches(error));
    }

    [Fact]
    public async Task ServerThatIsNeverSatisfied_IsAskedTwiceAndNoMore()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        server.DemandStepUp = server.IsNeverSatisfied = true;
        server.Requests.Clear();
        var (exitCode, _, error) = await RunAsync(home, server, "y\ny\ny\ny\n", "projects");
        Assert.Equal(3, exitCode);
        Assert.Single(Question().Matches(error));
        Assert.Equal(1, server.Count("POST /oauth2/token"));
    }

    [Fact]
    public async Task CertificateThatIsRefused_LeadsToTheLoginWithoutWaitingForItself()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        server.DemandStepUp = true;
        var (exitCode, _, error) = await RunAsync(home, server, "y\ny\n", "ssh-cert:load", "--new");
        Assert.True(exitCode == 0, error);
        Assert.Single(Question().Matches(error));
    }

    [Fact]
    public async Task ApiToken_IsToldToBeMadeAnew()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        server.DemandStepUp = true;
        home.Variables["POSTERN_TOKEN"] = server.ApiToken;
        home.Variables["SHELL_INTERACTIVE"] = "1";
        var result = await home.RunAsync("projects");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("The API token may need to be re-created after enabling MFA.", result.Error);
        Assert.DoesNotContain("Log in via a browser?", result.Error);
    }

    private static async Task<(int ExitCode, string Output, string Error)> RunAsync(TestHome home, ContractServer server, string input, params string[] arguments)
    {
        home.Variables["SHELL_INTERACTIVE"] = "1";
        using var output = new StringWriter();
        using var error = new SignallingWriter();
        var command = Postern.Cli.CommandLine.CommandRunner.RunAsync(arguments, home.Host(output, error, input));
        if (await error.WaitForAsync("http://127.0.0.1:50", command) is { } page)
        {
            using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
            using var browser = new HttpClient(handler);
            using var first = await browser.GetAsync(page);
            var query = System.Web.HttpUtility.ParseQueryString(first.Headers.Location!.Query);
            Assert.Equal("mfa", query["amr"]);
            Assert.Equal("900", query["max_age"]);
            Assert.Contains("Successfully logged in", await LoggedInHome.BrowseAsync(page, server));
        }

        return (await command, output.ToString(), error.ToString());
    }

    [GeneratedRegex("Log in via a browser\\?", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Question();
}
