using Postern.Cli.Tests.Testing;

namespace Postern.Cli.Tests.Login;

public class ApiTokenTests
{
    [Fact]
    public async Task TokenInTheEnvironment_LogsInOnceAndKeepsItsOwnSession()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        Configure(home, server);
        home.Variables["POSTERN_TOKEN"] = server.ApiToken;
        Assert.Equal(ContractServer.UserId + "\n", (await home.RunAsync("auth:info", "id")).Succeeded().Output);
        Assert.Equal("ada\n", (await home.RunAsync("auth:info", "username")).Succeeded().Output);
        Assert.Equal(1, server.Count("POST /oauth2/token"));
        Assert.Single(Directory.GetDirectories(home.File(".postern/.session"), "sess-cli-api-token-*"));
    }

    [Fact]
    public async Task WrongTokenInTheEnvironment_SaysSo()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        Configure(home, server);
        home.Variables["POSTERN_TOKEN"] = "pst_wrong";
        var result = await home.RunAsync("auth:info");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("The API token is invalid.", result.Error);
        Assert.DoesNotContain("pst_wrong", result.Error);
    }

    [Fact]
    public async Task ApiTokenLogin_AsksAgainAfterAWrongToken()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome { IsInteractive = true };
        Configure(home, server);
        var result = (await home.RunWithInputAsync($"wrong\n{server.ApiToken}\ny\n", "auth:api-token-login")).Succeeded();
        Assert.Contains("Invalid API token", result.Error);
        Assert.Contains("The API token is valid.", result.Error);
        Assert.Contains("Username: ada", result.Error);
        Assert.Equal(server.ApiToken, home.Read(".postern/.session/sess-cli-default/api-token").Trim());

        server.RevokeAll();
        Assert.Equal("ada\n", (await home.RunAsync("auth:info", "username")).Succeeded().Output);
    }

    private static void Configure(TestHome home, ContractServer server)
    {
        home.Variables["POSTERN_API_URL"] = server.Url;
        home.Variables["POSTERN_AUTH_URL"] = server.Url;
    }
}
