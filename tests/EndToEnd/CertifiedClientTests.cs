using System.Text.Json;
using Postern.Testing;

namespace Postern.EndToEnd;

/// <summary>
/// The certified client libraries openid-client and oauth4webapi take every flow against the real server; test.sh installs
/// them from tests/EndToEnd/oauth-clients as its lock file says.
/// </summary>
public sealed class CertifiedClientTests : IAsyncLifetime
{
    private const string Email = "ada@postern.test";

    private readonly string _secretFile = Path.GetTempFileName();
    private PosternInstallation _postern = null!;
    private string _password = "";

    private static string Clients => Path.Combine(Repository.Programs, "..", "oauth-clients");

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(_secretFile, "a secret of the resource servers: +/=&%");
        _postern = await PosternInstallation.CreateAsync($"login:\n  introspection_secret_file: {_secretFile}\n");
        var made = await _postern.OperateAsync("user", "add", Email);
        _password = made.Split('\n').Single(l => l.StartsWith("Password: ", StringComparison.Ordinal))["Password: ".Length..];
        await _postern.StartAsync();
    }

    public async Task DisposeAsync()
    {
        await _postern.DisposeAsync();
        File.Delete(_secretFile);
    }

    [Theory]
    [InlineData("openid-client", "discovery code refresh device introspect revoke")]
    [InlineData("oauth4webapi", "discovery code access token refresh device introspect revoke")]
    public async Task Library_TakesEveryFlow(string library, string expected)
    {
        var result = await Programs.RunAsync(
            "node", [Path.Combine(Clients, "driver.mjs"), library, _postern.Url, Email, _password, (await File.ReadAllTextAsync(_secretFile)).Trim()]);
        Assert.True(result.ExitCode == 0, result.ToString());
        var steps = result.Output.Trim().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(expected, string.Join(' ', steps.Select(step => step.GetProperty("step").GetString())));
        Assert.Equal(_postern.Url, steps[0].GetProperty("issuer").GetString());
        Assert.Equal("offline_access", steps[1].GetProperty("scope").GetString());
        Assert.Equal(Email, steps.Single(s => s.GetProperty("step").GetString() == "introspect").GetProperty("username").GetString());
    }
}
