using Postern.Cli.Tests.Testing;

namespace Postern.Cli.Tests.Certificates;

[Collection("loopback ports")]
public class CertificateCommandTests
{
    [Fact]
    public async Task Load_SaysWhatThereIs_AndMakesANewOneOnlyWhenAsked()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        var present = (await home.RunAsync("ssh-cert:load")).Succeeded();
        Assert.Contains("A valid SSH certificate exists", present.Error);
        Assert.Contains("Multi-factor authentication: not verified", present.Error);
        Assert.Contains("Mode: interactive", present.Error);
        Assert.Equal(1, server.Count("POST /ssh"));

        server.CertificateExtensions = ["is-app@p.test", "has-mfa@p.test"];
        var made = (await home.RunAsync("ssh-cert:load", "--new")).Succeeded();
        Assert.Contains("Generating SSH certificate...", made.Error);
        Assert.Contains("Multi-factor authentication: verified", made.Error);
        Assert.Contains("Mode: app", made.Error);

        var silent = (await home.RunAsync("ssh-cert:load", "--refresh-only", "--yes", "--quiet")).Succeeded();
        Assert.Empty(silent.Output + silent.Error);
    }

    [Fact]
    public async Task Info_PrintsYaml_AndSinglePropertiesRaw()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        var start = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        (await home.LogInAsync(server)).Succeeded();
        var info = (await home.RunAsync("ssh-cert:info")).Succeeded().Output;
        Assert.Contains($"filename: {home.File(".postern/.session/sess-cli-default/ssh/id_ed25519-cert.pub")}\n", info);
        Assert.Contains("key_type: ssh-ed25519-cert-v01@openssh.com\n", info);
        Assert.Contains("extensions:\n    permit-", info);
        Assert.Equal((await home.RunAsync("auth:info", "id")).Output, (await home.RunAsync("ssh-cert:info", "-P", "key_id")).Output);
        var before = long.Parse((await home.RunAsync("ssh-cert:info", "-P", "valid_before", "--date-fmt", "U")).Output);
        Assert.InRange(before, start + 3600, DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3660);
        Assert.Contains("Property not found: nope", (await home.RunAsync("ssh-cert:info", "-P", "nope")).Error);
    }

    [Fact]
    public async Task KeyPair_IsKept_AndReplacedAfterItsLifetime()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        var file = home.File(".postern/.session/sess-cli-default/ssh/id_ed25519");
        var first = File.ReadAllText(file);
        (await home.RunAsync("ssh-cert:load", "--new")).Succeeded();
        Assert.Equal(first, File.ReadAllText(file));
        File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(-25));
        (await home.RunAsync("ssh-cert:load", "--new")).Succeeded();
        Assert.NotEqual(first, File.ReadAllText(file));
        Assert.Equal(5, Directory.GetFiles(Path.GetDirectoryName(file)!).Length);
    }

    [Fact]
    public async Task ManyAtOnce_AskForOneCertificate()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        var certificate = home.File(".postern/.session/sess-cli-default/ssh/id_ed25519-cert.pub");
        File.Delete(certificate);
        var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() => home.RunAsync("ssh-cert:load", "--refresh-only"))));
        Assert.All(results, r => r.Succeeded());
        Assert.Equal(2, server.Count("POST /ssh"));
    }

    [Fact]
    public async Task CertificateForAnotherKey_IsNotKept()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        server.CertificateValidity = "-2h:-1h";
        var result = await home.RunAsync("ssh-cert:load", "--new");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("check this machine's clock", result.Error);
        (await home.RunAsync("ssh-cert:info", "--no-refresh")).Succeeded();
    }
}
