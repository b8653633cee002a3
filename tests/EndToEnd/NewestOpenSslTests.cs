using System.Diagnostics;
using Postern.Testing;

namespace Postern.EndToEnd;

/// <summary>
/// Our server on the newest OpenSSL that people have, which has ML-KEM: a self-contained publish in the Debian 13 root
/// (both made by test.sh), with OpenSSH 10 beside it. Everything that is mounted goes with the process.
/// </summary>
public sealed class NewestOpenSslTests : IAsyncLifetime
{
    // What is mounted is seen by these processes only, and a killed one takes its children along.
    private static readonly string[] Namespaces = ["--mount", "--pid", "--fork", "--kill-child"];

    private const string Enter = """
        set -e
        root=$1 published=$2 work=$3
        shift 3
        mount -t tmpfs tmpfs "$root/mnt"
        mkdir "$root/mnt/postern" "$root/mnt/work"
        mount --bind "$published" "$root/mnt/postern"
        mount --bind "$work" "$root/mnt/work"
        mount -t proc proc "$root/proc"
        exec chroot "$root" "$@"
        """;

    private readonly string _root = Environment.GetEnvironmentVariable("POSTERN_DEBIAN13") ?? "/var/cache/postern/debian13";
    private readonly string _work = System.IO.Directory.CreateTempSubdirectory("postern-newest-").FullName;
    private readonly int _port = Ports.Free();
    private Process? _server;

    public async Task InitializeAsync()
    {
        await File.WriteAllTextAsync(Path.Combine(_work, "server.yaml"), $"""
            data_directory: /mnt/work/data
            roles: all
            http:
              listen: 127.0.0.1:{Ports.Free()}
              public_url: http://127.0.0.1:8080
            ssh:
              listen: 127.0.0.1:{_port}
              client_port: {_port}
            """);
        await Programs.ReadAsync("unshare", Arguments("/mnt/postern/postern-server", "init", "--config", "/mnt/work/server.yaml"));
        await Programs.ReadAsync("unshare", Arguments("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/mnt/work/id"));
        _server = Programs.Start("unshare", Arguments("/mnt/postern/postern-server", "serve", "--config", "/mnt/work/server.yaml"));
        _server.BeginOutputReadLine();
        _server.BeginErrorReadLine();
        await Programs.WaitUntilAsync(() => _server.HasExited || Programs.IsListening(_port), "the start of the server");
        Assert.False(_server.HasExited);
    }

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            _server.Kill();
            await _server.WaitForExitAsync();
            _server.Dispose();
        }

        System.IO.Directory.Delete(_work, recursive: true);
    }

    // Security 38: with the hash of both secrets as anything but a string the two would not share a key, and nobody would
    // get as far as being refused.
    [Fact]
    public async Task OpenSsh10_ExchangesKeysByMLKemWithoutAWarning()
    {
        var result = await SshAsync();
        Assert.Contains("debug1: kex: algorithm: mlkem768x25519-sha256\r\n", result.Error, StringComparison.Ordinal);
        Assert.Contains("Permission denied (publickey", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("post-quantum", result.Error, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("store now", result.Error, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("curve25519-sha256")]
    [InlineData("ecdh-sha2-nistp521")]
    public async Task OpenSsh10_ExchangesKeysByTheOthersToo(string name)
    {
        var result = await SshAsync("-o", "KexAlgorithms=" + name);
        Assert.Contains($"debug1: kex: algorithm: {name}\r\n", result.Error, StringComparison.Ordinal);
        Assert.Contains("Permission denied (publickey", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Doctor_FindsThePostQuantumExchange()
    {
        var result = await Programs.RunAsync("unshare", Arguments("/mnt/postern/postern-server", "doctor", "--config", "/mnt/work/server.yaml"));
        Assert.True(result.ExitCode == 0, result.ToString());
        Assert.Contains("ok    key exchange: mlkem768x25519-sha256 is offered (OpenSSL 3.", result.Output, StringComparison.Ordinal);
    }

    private Task<ProgramResult> SshAsync(params string[] options) => Programs.RunAsync("unshare", Arguments(
        [
            "ssh", "-v", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
            "-p", $"{_port}", "-i", "/mnt/work/id", .. options, "nobody@127.0.0.1", "true",
        ]));

    private string[] Arguments(params string[] command) =>
    [
        .. Namespaces, "sh", "-c", Enter, "sh", _root, Path.Combine(Repository.Root, "artifacts", "self-contained"), _work, .. command,
    ];
}
