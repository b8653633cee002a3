using Postern.Ssh.Keys;
using Postern.Ssh.Server;

namespace Conformance;

/// <summary>
/// CVE-2023-48795 between the machine's own ssh and the engine: packets put in before NEWKEYS, and left out behind it so
/// that the sequence numbers would fit again. Security 31.
/// </summary>
public sealed class TerrapinTests : IAsyncLifetime
{
    // The cipher that the attack was made for: its nonce is the sequence number alone.
    private const string Cipher = "chacha20-poly1305@openssh.com";

    private readonly EngineServer _server = new(new ServerConfig { HostKeys = [new HostKey(Ed25519PrivateKey.Generate())] });
    private OpenSsh _ssh = null!;

    public async Task InitializeAsync() => _ssh = await OpenSsh.CreateAsync();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _ssh.Dispose();
    }

    [Fact]
    public async Task Nothing_IsTamperedWith_AndTheProxyIsInvisible()
    {
        await using var proxy = new TamperingProxy(_server.Port);
        var result = await ConnectAsync(proxy);
        Assert.True(result.Status == 0, result.Error);
        Assert.Equal("hello\n", result.Text);
    }

    public static TheoryData<string, byte[]> Injections() => new()
    {
        { "IGNORE", [2, 0, 0, 0, 0] },
        { "UNIMPLEMENTED", [3, 0, 0, 0, 0] },
        { "DEBUG", [4, 0, 0, 0, 0, 0, 0, 0, 0, 0] },
        { "an unknown message", [19] },
        { "EXT_INFO", [7, 0, 0, 0, 0] },
        { "USERAUTH_REQUEST", [50, 0, 0, 0, 0] },
    };

    [Theory]
    [MemberData(nameof(Injections))]
    public async Task Injection_TowardsTheServer_EndsTheConnection(string name, byte[] payload)
    {
        foreach (var at in new[] { 0, 1 })
        {
            await using var proxy = new TamperingProxy(_server.Port) { ToServer = new() { InjectAt = at, Injected = payload } };
            await RequireRefusalAsync(proxy, $"{name} before packet {at}");
        }

        await using var last = new TamperingProxy(_server.Port) { ToServer = new() { InjectBeforeNewKeys = true, Injected = payload } };
        await RequireRefusalAsync(last, $"{name} before NEWKEYS");
    }

    // The attack itself, in both directions: the numbers fit again, and without strict key exchange all would go well.
    [Fact]
    public async Task PrefixTruncation_TowardsTheServer_EndsTheConnection()
    {
        await using var proxy = new TamperingProxy(_server.Port) { ToServer = new() { InjectBeforeNewKeys = true, DropsFirstSealed = true } };
        await RequireRefusalAsync(proxy, "truncation towards the server");
    }

    [Fact]
    public async Task PrefixTruncation_TowardsTheClient_EndsTheConnection()
    {
        await using var proxy = new TamperingProxy(_server.Port) { ToClient = new() { InjectBeforeNewKeys = true, DropsFirstSealed = true } };
        await RequireRefusalAsync(proxy, "truncation towards the client");
    }

    // Deletion alone: the first packet under keys is missing, so the next one's number is wrong.
    [Fact]
    public async Task Deletion_TowardsTheClient_EndsTheConnection()
    {
        await using var proxy = new TamperingProxy(_server.Port) { ToClient = new() { DropsFirstSealed = true } };
        await RequireRefusalAsync(proxy, "deletion");
    }

    private Task<OpenSsh.Result> ConnectAsync(TamperingProxy proxy) =>
        OpenSsh.RunAsync(_ssh.Ssh(proxy.Port, ["-c", Cipher, "127.0.0.1", "echo hello"]), []);

    private async Task RequireRefusalAsync(TamperingProxy proxy, string what)
    {
        var result = await ConnectAsync(proxy);
        Assert.True(result.Status == 255, $"{what}: status {result.Status}, {result.Text}{result.Error}");
        Assert.Empty(result.Output);
        Assert.Empty(_server.Accepted);
    }
}
