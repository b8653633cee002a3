using Postern.Cli.SshConfiguration;
using Postern.Cli.Tests.Testing;

namespace Postern.Cli.Tests.SshConfiguration;

[Collection("loopback ports")]
public class SshConfigFilesTests
{
    private const string Target = "abcdefg123456-main-bvxea6i--app@ssh.local.postern.test";

    [Fact]
    public async Task Files_AreExactlyAsDocumented()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        var root = home.File(".postern");
        var dir = $"{root}/.session/sess-cli-default/ssh";
        Assert.Equal(
            $"""
            # BEGIN: Postern certificate configuration
            Host *.local.postern.test
              Include {root}/ssh/*.config
            Host *
            # END: Postern certificate configuration

            """,
            home.Read(".ssh/config"));
        Assert.Equal($"UserKnownHostsFile ~/.ssh/known_hosts ~/.ssh/known_hosts2 {root}/ssh/host-keys\n", home.Read(".postern/ssh/host-keys.config"));
        var session = home.Read(".postern/ssh/session.config").Split('\n');
        Assert.All(session[..3], l => Assert.StartsWith("# ", l));
        Assert.Equal(["Host *.local.postern.test", $"  Include {dir}/config", ""], session[3..]);
        var command = TestHome.Executable;
        Assert.Equal(
            $"""
            # Auto-refresh the SSH certificate.
            Match host "*.local.postern.test" exec "[ $CLI_SSH_NO_REFRESH'' = '1' ] || /bin/sh '{dir}/fresh' || {command} ssh-cert:load --refresh-only --yes --quiet"

            # Cancel the Match, so that the following configuration will apply regardless of
            # the command's execution.
            Host *.local.postern.test

            # Include the certificate and its key.
            CertificateFile {dir}/id_ed25519-cert.pub
            IdentityFile {dir}/id_ed25519

            # Other options from the CLI's configuration.
            HostName 127.0.0.1
            Port 2222

            """,
            File.ReadAllText(dir + "/config"));
    }

    [Fact]
    public async Task RealSsh_TakesCertificateKeyHostKeysAndPort_FromTheFiles()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        home.Write(".ssh/config", "Host other\n  User x");
        (await home.LogInAsync(server)).Succeeded();
        var (exitCode, output, error) = Tool.Run("ssh", home.Variables, "-G", "-F", home.File(".ssh/config"), Target);
        Assert.True(exitCode == 0, error);
        var dir = home.File(".postern/.session/sess-cli-default/ssh");
        Assert.Contains($"certificatefile {dir}/id_ed25519-cert.pub\n", output);
        Assert.Contains($"identityfile {dir}/id_ed25519\n", output);
        Assert.Contains("hostname 127.0.0.1\n", output);
        Assert.Contains("port 2222\n", output);
        Assert.Contains($"{home.File(".postern/ssh/host-keys")}\n", output);
        Assert.Contains($"user {Target.Split('@')[0]}\n", output);

        var (_, other, _) = Tool.Run("ssh", home.Variables, "-G", "-F", home.File(".ssh/config"), "elsewhere.example");
        Assert.DoesNotContain("postern", other);
    }

    [Fact]
    public async Task Hook_StartsTheProgramOnlyWhenTheCertificateIsOld_AndReplacesIt()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        var before = server.Requests.Count;
        Tool.Run("ssh", home.Variables, "-G", "-F", home.File(".ssh/config"), Target);
        Assert.Equal(before, server.Requests.Count);

        // An older certificate put in its place is newer than the test beside it.
        var certificate = home.File(".postern/.session/sess-cli-default/ssh/id_ed25519-cert.pub");
        var publicKey = home.Read(".postern/.session/sess-cli-default/ssh/id_ed25519.pub").Trim();
        File.WriteAllText(certificate, server.Authority.Sign(publicKey, ContractServer.UserId, "-2h:-1h"));
        File.SetLastWriteTimeUtc(certificate, DateTime.UtcNow.AddSeconds(1));
        var (exitCode, _, error) = Tool.Run("ssh", home.Variables, "-G", "-F", home.File(".ssh/config"), Target);
        Assert.True(exitCode == 0, error);
        Assert.Empty(WithoutTerminalNote(error));
        Assert.Equal(2, server.Count("POST /ssh"));
        Assert.Contains("ssh-ed25519-cert-v01@openssh.com", File.ReadAllText(certificate));
        Assert.DoesNotContain("-2h", Tool.Require("ssh-keygen", "-L", "-f", certificate));

        home.Variables["CLI_SSH_NO_REFRESH"] = "1";
        File.Delete(home.File(".postern/.session/sess-cli-default/ssh/fresh"));
        Tool.Run("ssh", home.Variables, "-G", "-F", home.File(".ssh/config"), Target);
        Assert.Equal(2, server.Count("POST /ssh"));
    }

    [Fact]
    public async Task Hook_WithASpaceInTheHomeDirectory_StillWorks()
    {
        await using var server = await ContractServer.StartAsync();
        using var home = new TestHome();
        var spaced = Directory.CreateDirectory(home.File("a person")).FullName;
        home.Variables["POSTERN_HOME"] = spaced;
        (await home.LogInAsync(server)).Succeeded();
        var config = Path.Combine(spaced, ".ssh/config");
        var (exitCode, output, error) = Tool.Run("ssh", home.Variables, "-G", "-F", config, Target);
        Assert.True(exitCode == 0, error);
        Assert.Contains($"certificatefile {spaced}/.postern/.session/sess-cli-default/ssh/id_ed25519-cert.pub\n", output);
        Assert.Empty(WithoutTerminalNote(error));
        Assert.Equal(1, server.Count("POST /ssh"));
    }

    // ssh says this whenever its input is not a terminal, even with -G.
    private static string WithoutTerminalNote(string error) => error.Replace("Pseudo-terminal will not be allocated because stdin is not a terminal.", "").Trim();

    [Fact]
    public void UserBlock_IsReplacedInPlace_AndAddedOnlyOnce()
    {
        var first = SshConfigText.UserBlock("Postern", ["*.a.test"], "/home/u/.postern/ssh");
        var second = SshConfigText.UserBlock("Postern", ["*.a.test", "*.b.test"], "/home/u/.postern/ssh");
        var once = SshConfigText.WithUserBlock("Host x\n  Port 1", "Postern", first);
        Assert.Equal("Host x\n  Port 1\n\n" + first, once);
        Assert.Equal(once, SshConfigText.WithUserBlock(once, "Postern", first));
        var longer = once + "Host y\n  Port 2\n";
        Assert.Equal($"Host x\n  Port 1\n\n{second}Host y\n  Port 2\n", SshConfigText.WithUserBlock(longer, "Postern", second));
        Assert.Equal("Host x\n  Port 1\n\nHost y\n  Port 2\n", SshConfigText.WithoutUserBlock(longer, "Postern", out _));
    }

    [Fact]
    public void UserConfig_ThatIsALink_StaysALink()
    {
        using var home = new TestHome();
        home.Write("dotfiles/ssh", "Host x\n");
        Directory.CreateDirectory(home.File(".ssh"));
        File.CreateSymbolicLink(home.File(".ssh/config"), home.File("dotfiles/ssh"));
        Postern.Cli.Files.AtomicFile.Write(home.File(".ssh/config"), "changed\n");
        Assert.Equal("changed\n", home.Read("dotfiles/ssh"));
        Assert.NotNull(new FileInfo(home.File(".ssh/config")).LinkTarget);
    }

    [Theory]
    [InlineData("/bin/bash", true)]
    [InlineData("/usr/bin/zsh", true)]
    [InlineData(null, true)]
    [InlineData("/usr/bin/fish", false)]
    public void Tests_StandBeforeTheCommand_OnlyForShellsThatUnderstandThem(string? shell, bool expected)
    {
        var text = SshConfigText.WithCertificate(["*.a.test"], "postern", "/d/fresh", shell, "/d/c", "/d/k", []);
        Assert.Equal(expected, text.Contains("/bin/sh '/d/fresh' ||", StringComparison.Ordinal));
        Assert.Contains("postern ssh-cert:load --refresh-only --yes --quiet\"", text);
    }

    [Fact]
    public void Paths_WithCharactersOfSshAndShell_AreDisarmedOrLeftOut()
    {
        var text = SshConfigText.WithCertificate(["*.a.test"], "postern", "/it's/fresh", "/bin/bash", "/100%/c", "/100%/k", []);
        Assert.DoesNotContain("it's", text);
        Assert.Contains("CertificateFile /100%%/c", text);
        Assert.Equal("'/a b/postern'", SshConfigText.HookWord("/a b/postern"));
        Assert.Null(SshConfigText.HookWord("/a'b/postern"));
    }
}
