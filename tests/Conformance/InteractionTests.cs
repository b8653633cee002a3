using System.Diagnostics;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;

namespace Conformance;

/// <summary>Keyboard-interactive with real clients: a key and a code, a code alone, and clients that cannot ask anybody.</summary>
public sealed class InteractionTests : IAsyncLifetime
{
    private const string Python = "/usr/bin/python3";

    private readonly EngineServer _server = new(new ServerConfig { HostKeys = [new HostKey(Ed25519PrivateKey.Generate())] });
    private OpenSsh _ssh = null!;

    public async Task InitializeAsync() => _ssh = await OpenSsh.CreateAsync();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _ssh.Dispose();
    }

    [Fact]
    public async Task OpenSsh_WithKeyAndCode_GetsIn()
    {
        _server.Judge = _ => new AuthenticationOutcome.PartlyAccepted(new CodeQuestion());
        var result = await RunAsync(Asking([CodeQuestion.Right], "127.0.0.1", "echo hello"));
        Assert.True(result.Status == 0, result.Error + string.Join('\n', _server.Log.Lines));
        Assert.Equal("hello\n", result.Text);
        Assert.Contains("It is in your authenticator app.", result.Error, StringComparison.Ordinal);
        Assert.Contains("Code: ", await File.ReadAllTextAsync(_ssh.PathOf("asked")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenSsh_WithAWrongCode_IsToldAndAskedAgain()
    {
        _server.Judge = _ => new AuthenticationOutcome.PartlyAccepted(new CodeQuestion());
        var result = await RunAsync(Asking(["000000", CodeQuestion.Right], "127.0.0.1", "echo hello"));
        Assert.True(result.Status == 0, result.Error);
        Assert.Contains("That code is not right.", result.Error, StringComparison.Ordinal);

        result = await RunAsync(Asking(["000000", "000000", "000000"], "127.0.0.1", "echo hello"));
        Assert.Equal(255, result.Status);
        Assert.Contains("Permission denied (keyboard-interactive).", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenSsh_WithoutAKey_IsAskedAndWaits()
    {
        _server.Interact = _ => new CodeQuestion { SilentRounds = 5 };
        var result = await RunAsync(Asking([CodeQuestion.Right], "-o", "PubkeyAuthentication=no", "127.0.0.1", "echo hello"));
        Assert.True(result.Status == 0, result.Error);
        Assert.Contains("Open https://sign.example/ and", result.Error, StringComparison.Ordinal);
        Assert.Contains("compare the code.", result.Error, StringComparison.Ordinal);
        Assert.Empty(_server.Accepted);
    }

    // Whoever can only prove a key sees the text that goes before the failure.
    [Fact]
    public async Task OpenSsh_InBatchMode_SeesTheBannerAndEndsWith255()
    {
        _server.Judge = _ => new AuthenticationOutcome.PartlyAccepted(new CodeQuestion(), "A code is needed.\n");
        var result = await _ssh.RunSshAsync(_server, "127.0.0.1", "echo hello");
        Assert.Equal(255, result.Status);
        Assert.Contains("A code is needed.", result.Error, StringComparison.Ordinal);
        Assert.Contains("Permission denied (keyboard-interactive).", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dropbear_WithKeyAndCode_GetsIn()
    {
        _server.Judge = _ => new AuthenticationOutcome.PartlyAccepted(new CodeQuestion());
        var convert = await _ssh.RunAsync("dropbearconvert", ["openssh", "dropbear", _ssh.Key, _ssh.PathOf("dropbear")]);
        Assert.True(convert.Status == 0, convert.Error);
        var start = Program("dbclient", "-y", "-y", "-p", Port, "-i", _ssh.PathOf("dropbear"), "user@127.0.0.1", "echo hello");
        start.Environment["DROPBEAR_PASSWORD"] = CodeQuestion.Right;
        start.Environment["HOME"] = _ssh.Directory;
        var result = await RunAsync(start);
        Assert.True(result.Status == 0 && result.Text == "hello\n", result.Text + result.Error);
    }

    [Fact]
    public async Task Plink_WithKeyAndCode_GetsIn()
    {
        _server.Judge = _ => new AuthenticationOutcome.PartlyAccepted(new CodeQuestion());
        var convert = await _ssh.RunAsync("puttygen", [_ssh.Key, "-O", "private", "-o", _ssh.PathOf("key.ppk")]);
        Assert.True(convert.Status == 0, convert.Error);

        // Without a terminal it reads what it asks for from its input.
        var start = Program(
            "setsid", "-w", "plink", "-ssh", "-P", Port, "-l", "user", "-i", _ssh.PathOf("key.ppk"), "-hostkey", await HostKeyAsync(),
            "127.0.0.1", "echo hello");
        start.Environment["HOME"] = _ssh.Directory;
        var result = await OpenSsh.RunAsync(start, [.. System.Text.Encoding.ASCII.GetBytes(CodeQuestion.Right + "\n")]);
        Assert.True(result.Status == 0 && result.Text.EndsWith("hello\n", StringComparison.Ordinal), result.Text + result.Error);
    }

    [Fact]
    public async Task Paramiko_WithKeyAndCode_GetsIn()
    {
        _server.Judge = _ => new AuthenticationOutcome.PartlyAccepted(new CodeQuestion { SilentRounds = 1 });
        var result = await RunAsync(Program(Python, "-c", $"""
            import paramiko, socket
            transport = paramiko.Transport(socket.create_connection(("127.0.0.1", {Port})))
            transport.start_client(timeout=30)
            left = transport.auth_publickey("user", paramiko.Ed25519Key.from_private_key_file("{_ssh.Key}"))
            assert left == ["keyboard-interactive"], left
            left = transport.auth_interactive("user", lambda title, text, prompts: ["{CodeQuestion.Right}"] * len(prompts))
            assert left == [], left
            channel = transport.open_session()
            channel.exec_command("echo hello")
            print(channel.makefile().read().decode(), end="")
            transport.close()
            """));
        Assert.True(result.Status == 0 && result.Text == "hello\n", result.Text + result.Error);
    }

    [Fact]
    public async Task AsyncSsh_WithKeyAndCode_GetsIn()
    {
        _server.Judge = _ => new AuthenticationOutcome.PartlyAccepted(new CodeQuestion { SilentRounds = 1 });
        var result = await RunAsync(Program(Python, "-c", $$"""
            import asyncio, asyncssh
            class Client(asyncssh.SSHClient):
                def kbdint_auth_requested(self):
                    return ""
                def kbdint_challenge_received(self, name, text, language, prompts):
                    return ["{{CodeQuestion.Right}}"] * len(prompts)
            async def main():
                async with asyncssh.connect("127.0.0.1", {{Port}}, username="user", known_hosts=None, client_factory=Client,
                                            client_keys=["{{_ssh.Key}}"], config=None, agent_path=None) as connection:
                    print((await connection.run("echo hello", check=True)).stdout, end="")
            asyncio.run(main())
            """));
        Assert.True(result.Status == 0 && result.Text == "hello\n", result.Text + result.Error);
    }

    private string Port => _server.Port.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>ssh with an askpass program that gives these answers one after another, and notes what it was asked.</summary>
    private ProcessStartInfo Asking(string[] answers, params string[] arguments)
    {
        File.WriteAllLines(_ssh.PathOf("answers"), answers);
        File.WriteAllText(_ssh.PathOf("askpass"), """
            #!/bin/sh
            cd "$(dirname "$0")"
            echo "$1" >> asked
            head -n 1 answers
            sed -i 1d answers
            """);
        File.SetUnixFileMode(_ssh.PathOf("askpass"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var start = _ssh.Ssh(_server, arguments);
        start.ArgumentList[start.ArgumentList.IndexOf("BatchMode=yes")] = "BatchMode=no";
        start.Environment["SSH_ASKPASS"] = _ssh.PathOf("askpass");
        start.Environment["SSH_ASKPASS_REQUIRE"] = "force";
        return start;
    }

    private async Task<string> HostKeyAsync()
    {
        var scan = await _ssh.RunAsync("ssh-keyscan", ["-t", "ed25519", "-p", Port, "127.0.0.1"]);
        await File.WriteAllTextAsync(_ssh.PathOf("scanned"), scan.Text);
        var fingerprint = await _ssh.RunAsync("ssh-keygen", ["-l", "-f", _ssh.PathOf("scanned")]);
        return fingerprint.Text.Split(' ')[1];
    }

    private ProcessStartInfo Program(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _ssh.Directory,
        };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    private static Task<OpenSsh.Result> RunAsync(ProcessStartInfo start) => OpenSsh.RunAsync(start, []);
}
