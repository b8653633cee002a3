using System.Security.Cryptography;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;

namespace Conformance;

/// <summary>Sessions of the real ssh client against the engine.</summary>
public sealed class SessionTests : IAsyncLifetime
{
    private readonly EngineServer _server = new(new ServerConfig { HostKeys = [new HostKey(Ed25519PrivateKey.Generate())] });
    private OpenSsh _ssh = null!;

    public async Task InitializeAsync() => _ssh = await OpenSsh.CreateAsync();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _ssh.Dispose();
    }

    [Fact]
    public async Task Exec_OfEcho_ArrivesWithItsStatus()
    {
        var result = await _ssh.RunSshAsync(_server, "127.0.0.1", "echo hello");
        Assert.True(result.Status == 0, result.Error + string.Join('\n', _server.Log.Lines));
        Assert.Equal("hello\n", result.Text);
    }

    [Fact]
    public async Task Exec_OfExit_GivesItsStatus()
    {
        var result = await _ssh.RunSshAsync(_server, "127.0.0.1", "exit 7");
        Assert.Equal(7, result.Status);
    }

    [Fact]
    public async Task StandardError_ArrivesApart()
    {
        var result = await _ssh.RunSshAsync(_server, "127.0.0.1", "err oops");
        Assert.Equal(3, result.Status);
        Assert.Empty(result.Output);
        Assert.Contains("oops", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ExitSignal_EndsTheClientWith255()
    {
        var result = await _ssh.RunSshAsync(_server, "127.0.0.1", "kill TERM");
        Assert.Equal(255, result.Status);
    }

    [Fact]
    public async Task Environment_AndPty_ReachTheHandler()
    {
        var result = await _ssh.RunSshAsync(_server, "-o", "SetEnv=COLOR=red", "127.0.0.1", "env");
        Assert.Contains("COLOR=red", result.Text, StringComparison.Ordinal);

        result = await _ssh.RunSshAsync(_server, "-tt", "127.0.0.1", "size");
        Assert.Equal(0, result.Status);
    }

    [Fact]
    public async Task Subsystem_ReachesTheHandler()
    {
        var result = await _ssh.RunSshAsync(_server, "-s", "127.0.0.1", "sftp");
        Assert.Equal("sftp\n", result.Text);
    }

    [Theory]
    [InlineData("aes128-gcm@openssh.com")]
    [InlineData("aes256-gcm@openssh.com")]
    [InlineData("chacha20-poly1305@openssh.com")]
    public async Task EveryCipher_CarriesAMegabyteThereAndBack(string cipher)
    {
        var data = Pattern.Make(1024 * 1024 + 1);
        var result = await OpenSsh.RunAsync(_ssh.Ssh(_server, "-c", cipher, "127.0.0.1", "cat"), data);
        Assert.True(result.Status == 0, result.Error + string.Join('\n', _server.Log.Lines));
        Assert.True(data.AsSpan().SequenceEqual(result.Output));
    }

    [Theory]
    [InlineData("curve25519-sha256")]
    [InlineData("curve25519-sha256@libssh.org")]
    public async Task EveryKeyExchange_Works(string name)
    {
        var result = await _ssh.RunSshAsync(_server, "-o", "KexAlgorithms=" + name, "127.0.0.1", "echo hello");
        Assert.Equal("hello\n", result.Text);
    }

    [Theory]
    [InlineData("aes128-gcm@openssh.com")]
    [InlineData("chacha20-poly1305@openssh.com")]
    public async Task RekeyByTheClient_UnderLoad_LosesNothing(string cipher)
    {
        const int Length = 60_000_000;
        var data = Pattern.Make(Length);
        string[] options = ["-c", cipher, "-o", "RekeyLimit=1M", "127.0.0.1"];

        var up = await OpenSsh.RunAsync(_ssh.Ssh(_server, [.. options, "hash"]), data);
        Assert.True(up.Status == 0, up.Error + string.Join('\n', _server.Log.Lines));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(data)), up.Text);

        var down = await OpenSsh.RunAsync(_ssh.Ssh(_server, [.. options, $"send {Length}"]), []);
        Assert.True(down.Status == 0, down.Error + string.Join('\n', _server.Log.Lines));
        Assert.True(data.AsSpan().SequenceEqual(down.Output));

        var both = await OpenSsh.RunAsync(_ssh.Ssh(_server, [.. options, "cat"]), data);
        Assert.True(both.Status == 0, both.Error + string.Join('\n', _server.Log.Lines));
        Assert.True(data.AsSpan().SequenceEqual(both.Output));
    }

    [Fact]
    public async Task QuickExits_NeverLoseCodeOrBytes()
    {
        var control = _ssh.PathOf("control");
        await using var master = await ControlMaster.StartAsync(_ssh, _server, control);
        for (var i = 0; i < 100; i++)
        {
            var result = await _ssh.RunSshAsync(_server, "-S", control, "127.0.0.1", $"exit {i}");
            Assert.Equal(i, result.Status);
        }

        var runs = Enumerable.Range(0, 20).Select(i => _ssh.RunSshAsync(_server, "-S", control, "127.0.0.1", $"send {i * 50_000}"));
        var results = await Task.WhenAll(runs);
        for (var i = 0; i < results.Length; i++)
        {
            Assert.True(Pattern.Make(i * 50_000).AsSpan().SequenceEqual(results[i].Output), results[i].Error);
        }

        Assert.Single(_server.Accepted);
        Assert.Empty(_server.Log.Lines);
    }
}
