using System.Diagnostics;
using Postern.Testing;

namespace Postern.Interop.Tests;

/// <summary>
/// Programs that come without a key that is known, and have no person who could sign in: each must end by itself and at once, and
/// not wait for the sign-in that the server offers to people.
/// </summary>
public sealed class UnattendedTests
{
    /// <summary>Far below the five minutes that a person has, far above any of these on a busy machine.</summary>
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(30);

    private const string Paramiko = """
        import sys, paramiko
        host, port, user, password, key = sys.argv[1:6]
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        try:
            client.connect(host, int(port), user, password=password or None, key_filename=key or None, allow_agent=False, look_for_keys=False, auth_timeout=240)
            print('in')
        except Exception as error:
            print(type(error).__name__, error)
        """;

    private const string AsyncSsh = """
        import sys, asyncio, asyncssh
        host, port, user, password = sys.argv[1:5]
        async def main():
            try:
                async with asyncssh.connect(host, int(port), username=user, password=password or None, client_keys=None, known_hosts=None, login_timeout=240):
                    print('in')
            except Exception as error:
                print(type(error).__name__, error)
        asyncio.run(main())
        """;

    private const string Ssh2 = """
        const { Client } = require('ssh2');
        const [host, port, username, password] = process.argv.slice(1);
        const client = new Client();
        client.on('ready', () => { console.log('in'); client.end(); });
        client.on('error', error => { console.log(error.message); });
        client.connect({ host, port: Number(port), username, password: password || undefined, readyTimeout: 240000 });
        """;

    // BatchMode says that nobody can be asked, so ssh does not offer to be asked.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OpenSsh_InBatchMode_IsRefused(bool hasKey)
    {
        var (host, port, user, key) = await StrangerAsync();
        var result = await EndAsync("ssh", [.. Ssh(port, hasKey ? key : null), "-o", "BatchMode=yes", $"{user}@{host}", "true"]);
        Assert.Equal(255, result.ExitCode);
        Assert.Contains("Permission denied (publickey,keyboard-interactive).", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Sign in with a browser", result.Error, StringComparison.Ordinal);
    }

    // A cron job: no batch mode, and no terminal either.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task OpenSsh_WithoutATerminal_IsToldWhatToDo(bool hasKey)
    {
        var (host, port, user, key) = await StrangerAsync();
        var result = await EndAsync("setsid", ["-w", "ssh", .. Ssh(port, hasKey ? key : null), $"{user}@{host}", "true"]);
        Assert.Equal(255, result.ExitCode);
        Assert.Contains("Code: PST-307", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Plink_InBatchMode_EndsAtTheQuestion(bool hasKey)
    {
        var (host, port, user, key) = await StrangerAsync();
        string[] options = hasKey ? ["-i", key + ".ppk"] : [];
        var result = await EndAsync("plink", ["-batch", "-ssh", "-noagent", "-P", port, "-hostkey", await FingerprintAsync(), .. options, $"{user}@{host}", "true"]);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("Cannot answer interactive prompts in batch mode", result.Error, StringComparison.Ordinal);
    }

    // With a password, paramiko and others answer any one question with it.
    [Theory]
    [InlineData("", false, "No authentication methods available")]
    [InlineData("", true, "")]
    [InlineData("hunter2", false, "")]
    [InlineData("hunter2", true, "")]
    public async Task Paramiko_WithoutAHandler_IsRefused(string password, bool hasKey, string words)
    {
        var (host, port, user, key) = await StrangerAsync();
        var result = await EndAsync("/usr/bin/python3", ["-c", Paramiko, host, port, user, password, hasKey ? key : ""]);
        Assert.Matches("^(SSHException|AuthenticationException|BadAuthenticationType|EOFError)", result.Output);
        Assert.Contains(words, result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hunter2")]
    public async Task AsyncSsh_WithoutAHandler_IsRefused(string password)
    {
        var (host, port, user, _) = await StrangerAsync();
        var result = await EndAsync("/usr/bin/python3", ["-c", AsyncSsh, host, port, user, password]);
        Assert.Matches("^(PermissionDenied|ConnectionLost|DisconnectError)", result.Output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hunter2")]
    public async Task Ssh2_WithoutKeyboardInteractive_IsRefused(string password)
    {
        var (host, port, user, _) = await StrangerAsync();
        var modules = Path.Combine(Repository.Root, "artifacts", "interop", "ssh2", "node_modules");
        var result = await EndAsync("node", ["-e", Ssh2, host, port, user, password], ("NODE_PATH", modules));
        Assert.NotEqual("in\n", result.Output);
        Assert.NotEqual("", result.Output);
    }

    private static IReadOnlyList<string> Ssh(string port, string? key) =>
    [
        "-F", "none", "-p", port, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
        .. key is null ? new[] { "-o", "PubkeyAuthentication=no" } : ["-i", key, "-o", "IdentitiesOnly=yes"],
    ];

    private static async Task<(string Host, string Port, string User, string Key)> StrangerAsync()
    {
        var installation = await SharedInstallation.GetAsync();
        return ("127.0.0.1", installation.Setting("port"), installation.Setting("user"), installation.Setting("strangerKey"));
    }

    private static async Task<string> FingerprintAsync() => (await SharedInstallation.GetAsync()).Setting("hostFingerprint");

    private static async Task<ProgramResult> EndAsync(string program, IEnumerable<string> arguments, params (string Name, string Value)[] variables)
    {
        var clock = Stopwatch.StartNew();
        var result = await Programs.RunAsync(program, arguments, variables.ToDictionary(v => v.Name, v => v.Value));
        Assert.True(clock.Elapsed < AtOnce, $"{program} needed {clock.Elapsed}: {result}");
        return result;
    }
}
