using System.Diagnostics;
using Postern.Testing;

namespace Postern.EndToEnd;

/// <summary>Who is refused, and what they are told.</summary>
[Collection(InstallationCollection.Name)]
public sealed class RefusalTests(Installation installation)
{
    [Theory]
    [InlineData("abcdefg123456-main-bvxea6i--nothere", "PST-101")]
    [InlineData("abcdefg123456-other-aaaaaaa--app", "PST-101")]
    [InlineData("zzzzzzzzzzzz-main-bvxea6i--app", "PST-101")]
    [InlineData("root", "PST-101")]
    [InlineData("abcdefg123456-main-bvxea6i--app--7", "PST-105")]
    public async Task UserName_ThatLeadsNowhere_IsRefusedWithACode(string service, string code)
    {
        var result = await installation.Contributor.SshAsync($"{service}@ssh.local.postern.test", "true");
        Assert.Equal(255, result.ExitCode);
        Assert.Contains("Error: The service doesn't exist or you do not have access to it.", result.Error, StringComparison.Ordinal);
        Assert.Contains($"could not connect to service {service} (reason: service doesn't exist or you do not have access to it)", result.Error, StringComparison.Ordinal);
        Assert.Contains($"Code: {code}", result.Error, StringComparison.Ordinal);
        Assert.Contains("Fix: ", result.Error, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }

    [Fact]
    public async Task Viewer_IsRefusedTheAppAndAdmittedWhereTheAppSaysSo()
    {
        var refused = await installation.Viewer.SshAsync(Installation.Destination, "true");
        Assert.Equal(255, refused.ExitCode);
        Assert.Contains("Code: PST-102", refused.Error, StringComparison.Ordinal);

        var admitted = await installation.Viewer.SshAsync($"{Installation.Service}--open@ssh.local.postern.test", "hostname");
        Assert.Equal(0, admitted.ExitCode);
    }

    [Fact]
    public async Task InactiveEnvironment_IsRefused()
    {
        var machine = (await installation.Owner.ReadPosternAsync("environments", "-p", Installation.Project, "--format", "tsv", "--columns", "id,machine_name", "--no-header"))
            .Split('\n').Single(l => l.StartsWith("sleeping\t", StringComparison.Ordinal)).Split('\t')[1];
        var result = await installation.Owner.SshAsync($"{Installation.Project}-{machine}--app@ssh.local.postern.test", "true");
        Assert.Equal(255, result.ExitCode);
        Assert.Contains("Code: PST-103", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KeyThatNobodyRegistered_IsRefusedWithoutAWord()
    {
        var key = Path.Combine(installation.Owner.Folder, Path.GetRandomFileName());
        await Programs.ReadAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
        var result = await ConnectWithAsync(key, certificate: null);
        Assert.Equal(255, result.ExitCode);
        Assert.Contains("Permission denied (publickey,keyboard-interactive)", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Code:", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-1h:+1h")]
    [InlineData("-2h:-1h")]
    public async Task CertificateOfAnotherAuthority_IsRefusedWithoutAWord(string validity)
    {
        var key = Path.Combine(installation.Owner.Folder, Path.GetRandomFileName());
        await Programs.ReadAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
        await Programs.ReadAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key + "-ca"]);
        var person = await installation.Owner.ReadPosternAsync("auth:info", "id");
        await Programs.ReadAsync("ssh-keygen", ["-q", "-s", key + "-ca", "-I", person, "-n", person, "-V", validity, key + ".pub"]);
        var result = await ConnectWithAsync(key, key + "-cert.pub");
        Assert.Equal(255, result.ExitCode);
        Assert.Contains("Permission denied (publickey,keyboard-interactive)", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Code:", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PersonWhoIsDisabled_LosesTheRunningConnectionWithinFiveSeconds()
    {
        var token = await installation.Postern.AddPersonAsync("leaving@postern.test", "leaving");
        await installation.Postern.ApplyAsync(Installation.Document.Replace(
            "viewer@postern.test: viewer",
            "viewer@postern.test: viewer\n      leaving@postern.test: admin",
            StringComparison.Ordinal));
        var home = await installation.EnterAsync("leaving", token);
        using var session = Programs.Start(
            "ssh", ["-F", home.SshConfiguration, "-o", "BatchMode=yes", Installation.Destination, "echo in; sleep 600"], home.Environment);
        Assert.Equal("in", await session.StandardOutput.ReadLineAsync());

        await installation.Postern.OperateAsync("user", "disable", "leaving@postern.test");
        var clock = Stopwatch.StartNew();
        await session.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"it took {clock.Elapsed}");
        Assert.Equal(255, session.ExitCode);
        Assert.Contains("PST-204", await session.StandardError.ReadToEndAsync(), StringComparison.Ordinal);

        var again = await home.SshAsync(Installation.Destination, "true");
        Assert.Equal(255, again.ExitCode);
        Assert.Contains("PST-204", again.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("certificate")]
    [InlineData("key")]
    public async Task PersonWhoIsDeleted_LosesTheRunningConnectionWithinFiveSeconds(string how)
    {
        var name = "deleted-" + how;
        var token = await installation.Postern.AddPersonAsync($"{name}@postern.test", name);
        await installation.Postern.ApplyAsync(Installation.Document.Replace(
            "viewer@postern.test: viewer",
            $"viewer@postern.test: viewer\n      {name}@postern.test: admin",
            StringComparison.Ordinal));
        var home = await installation.EnterAsync(name, token);
        var key = Path.Combine(home.Folder, "plain");
        await Programs.ReadAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]);
        await home.ReadPosternAsync("ssh-key:add", "--yes", key + ".pub");
        string[] proof = how == "key" ? OptionsOf(key, null) : ["-F", home.SshConfiguration, "-o", "BatchMode=yes"];
        using var session = Programs.Start("ssh", [.. proof, Installation.Destination, "echo in; sleep 600"], home.Environment);
        Assert.Equal("in", await session.StandardOutput.ReadLineAsync());

        await installation.Postern.OperateAsync("user", "delete", $"{name}@postern.test");
        var clock = Stopwatch.StartNew();
        await session.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"it took {clock.Elapsed}");
        Assert.Equal(255, session.ExitCode);
        Assert.Equal(255, (await home.SshAsync(Installation.Destination, "true")).ExitCode);
        Assert.Equal(255, (await ConnectWithAsync(key, null)).ExitCode);
    }

    [Fact]
    public async Task RoleThatIsTakenAway_EndsTheRunningConnectionWithinFiveSeconds()
    {
        const string Member = "viewer@postern.test: viewer";
        var token = await installation.Postern.AddPersonAsync("moving@postern.test", "moving");
        await installation.Postern.ApplyAsync(Installation.Document.Replace(
            Member, Member + "\n      moving@postern.test: { role: viewer, production: contributor }", StringComparison.Ordinal));
        var home = await installation.EnterAsync("moving", token);
        using var session = Programs.Start(
            "ssh", ["-F", home.SshConfiguration, "-o", "BatchMode=yes", Installation.Destination, "echo in; sleep 600"], home.Environment);
        Assert.Equal("in", await session.StandardOutput.ReadLineAsync());

        await installation.Postern.ApplyAsync(Installation.Document.Replace(
            Member, Member + "\n      moving@postern.test: { role: viewer, production: viewer }", StringComparison.Ordinal));
        var clock = Stopwatch.StartNew();
        await session.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"it took {clock.Elapsed}");
        Assert.Contains("PST-102", await session.StandardError.ReadToEndAsync(), StringComparison.Ordinal);
    }

    private Task<ProgramResult> ConnectWithAsync(string key, string? certificate) =>
        Programs.RunAsync("ssh", [.. OptionsOf(key, certificate), Installation.Destination, "true"]);

    private string[] OptionsOf(string key, string? certificate) =>
    [
        "-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=no",
        "-o", "UserKnownHostsFile=/dev/null", "-o", "HostName=127.0.0.1", "-p", $"{installation.Postern.SshPort}", "-i", key,
        .. certificate is null ? Array.Empty<string>() : ["-o", $"CertificateFile={certificate}"],
    ];
}
