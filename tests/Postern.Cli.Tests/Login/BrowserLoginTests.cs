using Postern.Cli.Tests.Testing;

namespace Postern.Cli.Tests.Login;

[Collection("loopback ports")]
public class BrowserLoginTests
{
    [Fact]
    public async Task Login_ThroughTheBrowser_StoresTokensCertificateAndSshConfiguration()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        var result = (await home.LogInAsync(server)).Succeeded();

        Assert.Empty(result.Output);
        Assert.Contains("You are logged in.", result.Error);
        Assert.Contains("A new SSH certificate has been generated.", result.Error);
        Assert.Contains("Username: ada", result.Error);
        Assert.Contains("Email address: ada@example.com", result.Error);
        var session = home.File(".postern/.session/sess-cli-default");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(session + "/sess-cli-default.json"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(session + "/ssh"));
        foreach (var name in new[] { "id_ed25519", "id_ed25519.pub", "id_ed25519-cert.pub", "config", "fresh" })
        {
            Assert.True(File.Exists($"{session}/ssh/{name}"), name);
        }

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(session + "/ssh/id_ed25519"));
        Assert.Contains("# BEGIN: Postern certificate configuration", home.Read(".ssh/config"));
        Assert.Contains("@cert-authority *.local.postern.test", home.Read(".postern/ssh/host-keys"));
        Assert.Equal(["GET /.well-known/postern", "GET /.well-known/oauth-authorization-server", "POST /oauth2/token", "POST /ssh", "GET /users/me"], server.Requests);
    }

    [Fact]
    public async Task LoginPage_WithForeignStateOrError_IsRefusedAndStaysOpen()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        home.Variables["SHELL_INTERACTIVE"] = "1";
        using var output = new StringWriter();
        using var error = new SignallingWriter();
        var login = Postern.Cli.CommandLine.CommandRunner.RunAsync(["login", "--server", server.Url, "--browser", "0"], home.Host(output, error, "y\n"));
        var page = await error.WaitForAsync("http://127.0.0.1:50", login);
        using var browser = new HttpClient();
        foreach (var query in new[] { "?code=x&state=foreign", "?code=x", "?error=access_denied&state=foreign", "?error=access_denied" })
        {
            using var answer = await browser.GetAsync(page + "/" + query);
            Assert.Equal(401, (int)answer.StatusCode);
        }

        using (var missing = await browser.GetAsync(page + "/favicon.ico"))
        {
            Assert.Equal(404, (int)missing.StatusCode);
        }

        var done = await LoggedInHome.BrowseAsync(page!, server);
        Assert.Contains("Successfully logged in", done);
        Assert.Equal(0, await login);
    }

    [Fact]
    public async Task Login_RefusedByTheServer_SaysTheOAuthError()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        home.Variables["SHELL_INTERACTIVE"] = "1";
        using var output = new StringWriter();
        using var error = new SignallingWriter();
        var login = Postern.Cli.CommandLine.CommandRunner.RunAsync(["login", "--server", server.Url, "--browser", "0"], home.Host(output, error));
        var page = await error.WaitForAsync("http://127.0.0.1:50", login);
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var browser = new HttpClient(handler);
        using var first = await browser.GetAsync(page);
        var state = System.Web.HttpUtility.ParseQueryString(first.Headers.Location!.Query)["state"];
        using var answer = await browser.GetAsync(
            $"{page}/?error=access_denied&error_description=%3Cb%3EDenied%1b[2J&state={state}&iss={Uri.EscapeDataString(server.Url)}");
        Assert.Contains("&lt;b&gt;Denied", await answer.Content.ReadAsStringAsync());
        Assert.Equal(1, await login);
        Assert.Contains("OAuth 2.0 error: access_denied", error.ToString());
        Assert.DoesNotContain('\u001b', error.ToString());
    }

    [Fact]
    public async Task Login_Again_RevokesTheOldSession()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        var old = home.Read(".postern/.session/sess-cli-default/sess-cli-default.json");
        (await home.LogInAsync(server, "-f")).Succeeded();
        Assert.Equal(2, server.Count("POST /oauth2/revoke"));
        Assert.NotEqual(old, home.Read(".postern/.session/sess-cli-default/sess-cli-default.json"));
    }

    [Fact]
    public async Task Login_WithoutAPerson_IsRefused()
    {
        using var home = new TestHome();
        var result = await home.RunAsync("login");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Non-interactive use of this command is not supported.", result.Error);
        Assert.Contains("POSTERN_TOKEN", result.Error);
    }

    [Fact]
    public async Task Logout_RevokesAndDeletesEverythingOfTheSession()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        var result = (await home.RunAsync("logout")).Succeeded();
        Assert.Contains("You are now logged out.", result.Error);
        Assert.False(Directory.Exists(home.File(".postern/.session/sess-cli-default")));
        Assert.False(File.Exists(home.File(".postern/ssh/session.config")));
        Assert.Equal(2, server.Count("POST /oauth2/revoke"));
    }
}
