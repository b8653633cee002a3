using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;

namespace Conformance;

/// <summary>
/// New keys every 64 KiB, asked for by the real client, by the engine, and by both at once, while data flows both ways,
/// with every cipher of the catalogue. A sequence number or key that changes a packet too early or late ends it: with
/// chacha20-poly1305 the number is the nonce. Security 31, 40.
/// </summary>
public sealed class RekeyEveryCipherTests : IAsyncLifetime
{
    private const int Length = 12_000_000;

    // What is under way when a key is worn goes on until the other side answers, so there are fewer than the sums say.
    private const int FewestExchanges = 20;

    private const string Often = "RekeyLimit=64K";
    private const string Seldom = "RekeyLimit=default";

    private OpenSsh _ssh = null!;

    public static TheoryData<string> Ciphers() => [.. AlgorithmCatalogue.Default.Ciphers];

    public async Task InitializeAsync() => _ssh = await OpenSsh.CreateAsync();

    public Task DisposeAsync()
    {
        _ssh.Dispose();
        return Task.CompletedTask;
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public Task ByTheClient_EndlesslyAndUnderLoad_LosesNothing(string cipher) => CarryAsync(cipher, Often, new TransportLimits());

    [Theory]
    [MemberData(nameof(Ciphers))]
    public Task ByTheServer_EndlesslyAndUnderLoad_LosesNothing(string cipher) =>
        CarryAsync(cipher, Seldom, new TransportLimits { RekeyBytes = 64 * 1024 });

    [Theory]
    [MemberData(nameof(Ciphers))]
    public Task ByBoth_EndlesslyAndUnderLoad_LosesNothing(string cipher) =>
        CarryAsync(cipher, Often, new TransportLimits { RekeyBytes = 64 * 1024 });

    // A handful of packets a key: the smallest of exchanges, in the middle of everything.
    [Fact]
    public Task ByPackets_AllTheTime_LosesNothing() =>
        CarryAsync("chacha20-poly1305@openssh.com", Seldom, new TransportLimits { RekeyPackets = 20 });

    private async Task CarryAsync(string cipher, string limit, TransportLimits transport)
    {
        await using var server = new EngineServer(new ServerConfig { HostKeys = [new HostKey(Ed25519PrivateKey.Generate())], Transport = transport });
        var data = Pattern.Make(Length);
        var result = await OpenSsh.RunAsync(_ssh.Ssh(server, "-c", cipher, "-o", limit, "127.0.0.1", "cat"), data);
        Assert.True(result.Status == 0, result.Error + string.Join('\n', server.Log.Lines));
        Assert.True(data.AsSpan().SequenceEqual(result.Output), $"{result.Output.Length} of {data.Length} bytes came back, or other ones");
        Assert.Empty(server.Log.Lines);
        Assert.InRange(server.Log.KeyChanges, FewestExchanges, int.MaxValue);
    }
}
