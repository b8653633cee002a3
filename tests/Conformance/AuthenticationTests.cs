using Postern.Ssh.Keys;
using Postern.Ssh.Server;

namespace Conformance;

/// <summary>Keys and certificates made by ssh-keygen, and host certificates, with the real client.</summary>
public sealed class AuthenticationTests : IAsyncLifetime
{
    private readonly EngineServer _server = new(new ServerConfig { HostKeys = [new HostKey(Ed25519PrivateKey.Generate())] });
    private OpenSsh _ssh = null!;

    public async Task InitializeAsync() => _ssh = await OpenSsh.CreateAsync();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _ssh.Dispose();
    }

    [Theory]
    [InlineData("ed25519")]
    [InlineData("ecdsa", "-b", "256")]
    [InlineData("ecdsa", "-b", "384")]
    [InlineData("ecdsa", "-b", "521")]
    [InlineData("rsa", "-b", "3072")]
    public async Task Key_OfEveryType_Authenticates(string type, params string[] more)
    {
        _ssh.Key = await _ssh.NewKeyAsync("other", type, more);
        var result = await _ssh.RunSshAsync(_server, "somebody@127.0.0.1", "echo hello");
        Assert.True(result.Status == 0, result.Error + string.Join('\n', _server.Log.Lines));
        var attempt = Assert.Single(_server.Accepted);
        Assert.Equal("somebody", attempt.UserName);
        Assert.Null(attempt.Certificate);
        Assert.Equal(PublicKey.ParseAuthorizedKey((await File.ReadAllTextAsync(_ssh.Key + ".pub")).Trim()).Key, attempt.Key);
    }

    [Theory]
    [InlineData("ed25519")]
    [InlineData("ecdsa", "-b", "256")]
    [InlineData("rsa", "-b", "3072")]
    public async Task Certificate_OfEveryType_Authenticates(string type, params string[] more)
    {
        await _ssh.NewKeyAsync("ca", "ed25519");
        _ssh.Key = await _ssh.NewKeyAsync("other", type, more);
        var signing = await _ssh.RunAsync(
            "ssh-keygen", ["-q", "-s", _ssh.PathOf("ca"), "-I", "key-id", "-n", "alice", "-z", "42", _ssh.Key + ".pub"]);
        Assert.True(signing.Status == 0, signing.Error);

        var result = await _ssh.RunSshAsync(
            _server, "-o", $"CertificateFile={_ssh.Key}-cert.pub", "somebody@127.0.0.1", "echo hello");
        Assert.True(result.Status == 0, result.Error + string.Join('\n', _server.Log.Lines));
        var attempt = Assert.Single(_server.Accepted);
        Assert.Equal(42ul, attempt.Certificate?.Serial);
        Assert.Equal("key-id", attempt.Certificate?.KeyId);
    }

    [Fact]
    public async Task Refusal_ShowsItsBannerAndEndsWith255()
    {
        _server.Judge = _ => new AuthenticationOutcome.Refused("Line one\nLine two", IsFinal: true);
        var result = await _ssh.RunSshAsync(_server, "127.0.0.1", "echo hello");
        Assert.Equal(255, result.Status);
        Assert.Contains("Line one", result.Error, StringComparison.Ordinal);
        Assert.Contains("Line two", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HostCertificate_IsOfferedAndTrusted()
    {
        await _ssh.NewKeyAsync("ca", "ed25519");
        var file = await _ssh.NewKeyAsync("host", "ed25519");
        var signing = await _ssh.RunAsync(
            "ssh-keygen", ["-q", "-s", _ssh.PathOf("ca"), "-h", "-I", "host", "-n", "gate.example", file + ".pub"]);
        Assert.True(signing.Status == 0, signing.Error);
        var key = new HostKey(
            OpenSshPrivateKeyFile.Read(await File.ReadAllBytesAsync(file)),
            Certificate.Parse((await File.ReadAllTextAsync(file + "-cert.pub")).Trim()));
        await using var server = new EngineServer(new ServerConfig { HostKeys = [key] });
        var authority = await File.ReadAllTextAsync(_ssh.PathOf("ca.pub"));
        await File.WriteAllTextAsync(_ssh.PathOf("known_hosts"), "@cert-authority gate.example " + authority);

        var result = await _ssh.RunSshAsync(
            server, "-o", "StrictHostKeyChecking=yes", "-o", "HostKeyAlias=gate.example", "127.0.0.1", "echo hello");
        Assert.True(result.Status == 0, result.Error + string.Join('\n', server.Log.Lines));
    }

    [Fact]
    public async Task ClientThatKnowsNoCertificates_GetsThePlainHostKey()
    {
        var result = await _ssh.RunSshAsync(_server, "-o", "HostKeyAlgorithms=ssh-ed25519", "127.0.0.1", "echo hello");
        Assert.Equal("hello\n", result.Text);
    }
}
