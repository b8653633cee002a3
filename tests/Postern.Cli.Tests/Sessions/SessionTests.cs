using Postern.Cli.Tests.Testing;

namespace Postern.Cli.Tests.Sessions;

[Collection("loopback ports")]
public class SessionTests
{
    [Fact]
    public async Task ExpiredAccessToken_IsRefreshedAndRotated()
    {
        await using var server = await ContractServer.StartAsync();
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        using var home = new TestHome { Time = time };
        (await home.LogInAsync(server)).Succeeded();
        time.Advance(TimeSpan.FromMinutes(20));
        (await home.RunAsync("auth:info")).Succeeded();
        Assert.Equal(2, server.Count("POST /oauth2/token"));
        time.Advance(TimeSpan.FromMinutes(20));
        (await home.RunAsync("auth:info")).Succeeded();
        Assert.Equal(3, server.Count("POST /oauth2/token"));
    }

    [Fact]
    public async Task RefusedAccessToken_IsRefreshedOnceAndTheCallRepeated()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        server.RevokeAccessTokens();
        (await home.RunAsync("projects")).Succeeded();
    }

    [Fact]
    public async Task EndedSession_LogsOutAndSaysSo()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        server.RevokeAll();
        var result = await home.RunAsync("projects");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("Your session has expired. You have been logged out.", result.Error);
        Assert.Contains("postern login", result.Error);
        Assert.Equal(3, (await home.RunAsync("projects")).ExitCode);
    }

    [Fact]
    public async Task RefusalThatIsNotAboutTheSession_KeepsIt()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        server.RevokeAccessTokens();
        server.RefreshError = "invalid_client";
        var result = await home.RunAsync("projects");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("could not refresh the session: invalid_client", result.Error);
        server.RefreshError = null;
        (await home.RunAsync("projects")).Succeeded();
    }

    [Fact]
    public async Task TokensThatAnotherProcessStoredMeanwhile_AreUsedNotDeleted()
    {
        const string TokenFile = ".postern/.session/sess-cli-default/sess-cli-default.json";
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        using var other = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        server.RevokeAll();
        (await other.LogInAsync(server)).Succeeded();
        server.OnRefresh = () => home.Write(TokenFile, other.Read(TokenFile));
        (await home.RunAsync("projects")).Succeeded();
        Assert.Equal(other.Read(TokenFile), home.Read(TokenFile));
    }

    [Fact]
    public async Task StepUp_WithoutAPerson_NamesTheCommand()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        server.DemandStepUp = true;
        var result = await home.RunAsync("projects");
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("Multi-factor authentication (MFA) is required.", result.Error);
        Assert.Contains("postern login --method mfa --max-age 900", result.Error);
    }

    [Fact]
    public async Task DamagedSessionFile_IsNamedAndALoginMendsIt()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        home.Write(".postern/.session/sess-cli-default/sess-cli-default.json", "{ not json");
        var result = await home.RunAsync("projects");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("sess-cli-default.json is damaged", result.Error);
        (await home.LogInAsync(server)).Succeeded();
        (await home.RunAsync("projects")).Succeeded();
    }

    [Fact]
    public async Task UnreachableServer_IsOneClearParagraph()
    {
        using var home = new TestHome();
        home.Variables["POSTERN_API_URL"] = "http://127.0.0.1:1";
        home.Variables["POSTERN_AUTH_URL"] = "http://127.0.0.1:1";
        home.Variables["POSTERN_TOKEN"] = "pst_x";
        var result = await home.RunAsync("projects");
        Assert.Equal(5, result.ExitCode);
        Assert.Contains("Failed to connect to host: 127.0.0.1", result.Error);
    }

    [Fact]
    public async Task ManyAtOnce_RefreshOnlyOnce()
    {
        await using var server = await ContractServer.StartAsync();
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow);
        using var home = new TestHome { Time = time };
        (await home.LogInAsync(server)).Succeeded();
        time.Advance(TimeSpan.FromMinutes(20));
        var before = server.Count("POST /oauth2/token");
        var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => home.RunAsync("auth:info"))));
        Assert.All(results, r => r.Succeeded());
        Assert.Equal(before + 1, server.Count("POST /oauth2/token"));
    }
}
