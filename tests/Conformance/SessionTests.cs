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
}
