using System.Text.Json.Nodes;
using Postern.Cli.Tests.Testing;

namespace Postern.Cli.Tests.Login;

/// <summary>Whose answer the browser brings (RFC 9207).</summary>
[Collection("loopback ports")]
public class ResponseIssuerTests
{
    private const string Own = "&iss=OWN";

    public static TheoryData<string> Foreign { get; } = new()
    {
        "", // Missing, though the server says that it names itself.
        "&iss=",
        "&iss=https%3A%2F%2Fevil.example",
        "&iss=OWN%2F",
        "&iss=own",
        Own + Own,
        Own + "&iss=https%3A%2F%2Fevil.example",
        Own + "&code=another",
    };

    [Theory]
    [MemberData(nameof(Foreign))]
    public async Task CodeOfAnotherServer_EndsTheLoginAndIsNeverSent(string query)
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        var (exitCode, error, shown) = await LogInAsync(home, server, query);
        Assert.Equal(1, exitCode);
        Assert.Contains("OAuth 2.0 error: invalid_response", error);
        Assert.Contains("Failed to log in", shown);
        Assert.Equal(0, server.Count("POST /oauth2/token"));
        Assert.False(Directory.Exists(home.File(".postern/.session/sess-cli-default")));
    }

    [Fact]
    public async Task ErrorOfAnotherServer_IsNotBelieved()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        var (exitCode, error, _) = await LogInAsync(home, server, "&iss=https%3A%2F%2Fevil.example", "error=access_denied&error_description=Send+your+password+to+us");
        Assert.Equal(1, exitCode);
        Assert.DoesNotContain("Send your password", error);
        Assert.Contains($"The answer is not from {server.Url}.", error);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("""{"issuer":"OWN"}""")]
    [InlineData("""{"issuer":"https://evil.example","authorization_response_iss_parameter_supported":true}""")]
    public async Task ServerThatPromisesNothing_MayLeaveItOutButNameNoOther(string? metadata)
    {
        await using var server = await ContractServer.StartAsync();
        server.Metadata = metadata is null ? null : JsonNode.Parse(metadata.Replace("OWN", server.Url, StringComparison.Ordinal))!.AsObject();
        using var home = new TestHome();
        var (refused, error, _) = await LogInAsync(home, server, "&iss=https%3A%2F%2Fevil.example");
        Assert.Equal(1, refused);
        Assert.Contains($"The answer is not from {server.Url}.", error);
        Assert.Equal(0, (await LogInAsync(home, server, "")).ExitCode);
        Assert.Equal(0, (await LogInAsync(home, server, Own)).ExitCode);
    }

    private static async Task<(int ExitCode, string Error, string Shown)> LogInAsync(TestHome home, ContractServer server, string issuer, string answer = "code=CODE")
    {
        home.Variables["SHELL_INTERACTIVE"] = "1";
        using var output = new StringWriter();
        using var error = new SignallingWriter();
        var login = Postern.Cli.CommandLine.CommandRunner.RunAsync(["login", "--server", server.Url, "--browser", "0"], home.Host(output, error, "y\n"));
        var page = await error.WaitForAsync("http://127.0.0.1:50", login);
        Assert.True(page is not null, error.ToString());
        using var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
        using var browser = new HttpClient(handler);
        using var first = await browser.GetAsync(page);
        var query = System.Web.HttpUtility.ParseQueryString(first.Headers.Location!.Query);
        var parameters = answer.Replace("CODE", server.IssueCode(query["code_challenge"]!), StringComparison.Ordinal)
            + issuer.Replace("OWN", Uri.EscapeDataString(server.Url), StringComparison.Ordinal);
        using var back = await browser.GetAsync($"{page}/?{parameters}&state={query["state"]}");
        var shown = back.Headers.Location is { } done ? await browser.GetStringAsync(new Uri(new Uri(page!), done)) : await back.Content.ReadAsStringAsync();
        return (await login, error.ToString(), shown);
    }
}
