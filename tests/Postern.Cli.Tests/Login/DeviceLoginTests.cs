using Postern.Cli.Tests.Testing;

namespace Postern.Cli.Tests.Login;

/// <summary><c>postern login --device</c> (RFC 8628).</summary>
public class DeviceLoginTests
{
    [Fact]
    public async Task Login_AllowedElsewhere_NeedsNobodyAtThisTerminal()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        server.DeviceAnswers.Enqueue("authorization_pending");
        server.DeviceAnswers.Enqueue("");
        var result = (await home.RunAsync("login", "--device", "--server", server.Url, "--method", "mfa", "--max-age", "300")).Succeeded();
        Assert.Empty(result.Output);
        Assert.Contains($"Page: {server.Url}/device\n", result.Error, StringComparison.Ordinal);
        Assert.Contains("Code: WDJB-MJHT\n", result.Error, StringComparison.Ordinal);
        Assert.Contains($"{server.Url}/device?user_code=WDJB-MJHT", result.Error, StringComparison.Ordinal);
        Assert.Contains("You are logged in.", result.Error, StringComparison.Ordinal);
        Assert.Equal(("postern-cli", "offline_access", "mfa", "300"), (server.DeviceForm["client_id"], server.DeviceForm["scope"], server.DeviceForm["amr"], server.DeviceForm["max_age"]));
        Assert.Equal(2, server.Count("POST /oauth2/token"));
        Assert.True(File.Exists(home.File(".postern/.session/sess-cli-default/ssh/id_ed25519-cert.pub")));
        Assert.DoesNotContain("device-1", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Login_WithPipeAndQuiet_PrintsTheAddressAlone()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        server.DeviceAnswers.Enqueue("");
        var result = (await home.RunAsync("login", "--device", "--pipe", "-q", "--server", server.Url)).Succeeded();
        Assert.Equal($"{server.Url}/device?user_code=WDJB-MJHT\n", result.Output);
        Assert.Empty(result.Error);
    }

    [Theory]
    [InlineData("access_denied", "The login was denied")]
    [InlineData("expired_token", "Nobody allowed the login in time.")]
    [InlineData("invalid_grant", "did not accept the device code")]
    public async Task Login_Refused_SaysWhy(string error, string expected)
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        server.DeviceAnswers.Enqueue(error);
        var result = await home.RunAsync("login", "--device", "--server", server.Url);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(expected, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Login_NobodyAllows_EndsWithTheCode()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        server.DeviceSeconds = 2;
        var result = await home.RunAsync("login", "--device", "--server", server.Url);
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Nobody allowed the login in time.", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Device_WithABrowserCommand_IsRefused()
    {
        using var home = new TestHome();
        var result = await home.RunAsync("login", "--device", "--browser", "firefox");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("--device and --browser", result.Error, StringComparison.Ordinal);
    }
}
