using System.Security.Cryptography;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;

namespace Conformance;

/// <summary>Re-keying that the engine asks for, and both sides at once, with the real client.</summary>
public sealed class RekeyByServerTests : IAsyncLifetime
{
    private readonly EngineServer _server = new(new ServerConfig
    {
        HostKeys = [new HostKey(Ed25519PrivateKey.Generate())],
        Transport = new TransportLimits { RekeyBytes = 1_000_000 },
    });

    private OpenSsh _ssh = null!;

    public async Task InitializeAsync() => _ssh = await OpenSsh.CreateAsync();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _ssh.Dispose();
    }

    [Theory]
    [InlineData("RekeyLimit=default")]
    [InlineData("RekeyLimit=1M")]
    public async Task RekeyByTheServer_UnderLoadBothWays_LosesNothing(string limit)
    {
        const int Length = 60_000_000;
        var data = Pattern.Make(Length);
        var up = await OpenSsh.RunAsync(_ssh.Ssh(_server, "-o", limit, "127.0.0.1", "hash"), data);
        Assert.True(up.Status == 0, up.Error + string.Join('\n', _server.Log.Lines));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(data)), up.Text);

        var down = await OpenSsh.RunAsync(_ssh.Ssh(_server, "-o", limit, "127.0.0.1", $"send {Length}"), []);
        Assert.True(down.Status == 0, down.Error + string.Join('\n', _server.Log.Lines));
        Assert.True(data.AsSpan().SequenceEqual(down.Output));

        var both = await OpenSsh.RunAsync(_ssh.Ssh(_server, "-o", limit, "127.0.0.1", "cat"), data);
        Assert.True(both.Status == 0, both.Error + string.Join('\n', _server.Log.Lines));
        Assert.True(data.AsSpan().SequenceEqual(both.Output));
        Assert.Empty(_server.Log.Lines);
    }
}
