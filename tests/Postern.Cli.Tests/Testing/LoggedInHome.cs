namespace Postern.Cli.Tests.Testing;

/// <summary>Takes a home through the browser login, as a browser would.</summary>
internal static class LoggedInHome
{
    /// <summary>Logs in and plays the browser: follows the redirect, consents, brings the code back.</summary>
    public static async Task<CliResult> LogInAsync(this TestHome home, ContractServer server, params string[] more)
    {
        home.Variables["SHELL_INTERACTIVE"] = "1";
        using var output = new StringWriter();
        using var error = new SignallingWriter();
        string[] args = ["login", "--server", server.Url, "--browser", "0", .. more];
        var login = TestHome.Published is { } program && home.Time == TimeProvider.System
            ? home.RunPublishedAsync(program, "y\ny\ny\n", args, error)
            : RunHereAsync(home.Host(output, error, "y\ny\ny\n"), args, output, error);
        var page = await error.WaitForAsync("http://127.0.0.1:50", login);
        if (page is not null)
        {
            await BrowseAsync(page, server);
        }

        var result = await login;
        home.Variables.Remove("SHELL_INTERACTIVE");
        return result;
    }

    private static async Task<CliResult> RunHereAsync(Hosting.CliHost host, string[] args, StringWriter output, SignallingWriter error)
    {
        var exitCode = await CommandLine.CommandRunner.RunAsync(args, host);
        return new CliResult(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>Plays the browser; the answer to the login page names its server unless the test says otherwise.</summary>
    public static async Task<string> BrowseAsync(string page, ContractServer server, string? issuer = null)
    {
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var browser = new HttpClient(handler);
        using var first = await browser.GetAsync(page);
        var query = System.Web.HttpUtility.ParseQueryString(first.Headers.Location!.Query);
        Assert.Equal("S256", query["code_challenge_method"]);
        var code = server.IssueCode(query["code_challenge"]!, query["amr"] ?? "pwd");
        issuer ??= "&iss=" + Uri.EscapeDataString(server.Url);
        using var back = await browser.GetAsync($"{query["redirect_uri"]}/?code={code}&state={query["state"]}{issuer}");
        return back.Headers.Location is { } location
            ? await browser.GetStringAsync(new Uri(new Uri(page), location))
            : await back.Content.ReadAsStringAsync();
    }
}
