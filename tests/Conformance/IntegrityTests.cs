using System.Security.Cryptography;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;

namespace Conformance;

/// <summary>
/// One bit of the ciphertext changes on the way: the connection ends, and nothing that was changed is delivered.
/// Security 41; OpenSSH's own "integrity" test for our side of the wire.
/// </summary>
public sealed class IntegrityTests : IAsyncLifetime
{
    private const int Length = 2_000_000;

    // A changed length may ask for up to a largest packet more before the tag is looked at, so enough must follow.
    private const int LastFlip = 1_400_000;

    // Behind the login, which takes less than this in either direction.
    private const int FirstFlip = 8_000;

    private readonly EngineServer _server = new(new ServerConfig { HostKeys = [new HostKey(Ed25519PrivateKey.Generate())] });
    private OpenSsh _ssh = null!;

    public static TheoryData<string> Ciphers() => [.. AlgorithmCatalogue.Default.Ciphers];

    public async Task InitializeAsync() => _ssh = await OpenSsh.CreateAsync();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _ssh.Dispose();
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public async Task FlippedBit_TowardsTheServer_EndsTheConnection(string cipher)
    {
        var data = Pattern.Make(Length);
        var random = new Random(1);
        for (var i = 0; i < 8; i++)
        {
            var bit = FlipAt(random, i);
            await using var proxy = new TamperingProxy(_server.Port) { ToServer = new() { FlipBit = bit } };
            var result = await OpenSsh.RunAsync(_ssh.Ssh(proxy.Port, "-c", cipher, "127.0.0.1", "hash"), data);
            Assert.True(proxy.ToServer.HasFlipped, $"only part of the data was sent, bit {bit}");
            Assert.True(result.Status == 255, $"bit {bit}: {result.Status} {result.Text}{result.Error}");
            Assert.Empty(result.Output);
        }
    }

    [Theory]
    [MemberData(nameof(Ciphers))]
    public async Task FlippedBit_TowardsTheClient_IsNeverDelivered(string cipher)
    {
        var data = Pattern.Make(Length);
        var random = new Random(2);
        for (var i = 0; i < 8; i++)
        {
            var bit = FlipAt(random, i);
            await using var proxy = new TamperingProxy(_server.Port) { ToClient = new() { FlipBit = bit } };
            var result = await OpenSsh.RunAsync(_ssh.Ssh(proxy.Port, "-c", cipher, "127.0.0.1", $"send {Length}"), []);
            Assert.True(proxy.ToClient.HasFlipped, $"only part of the data was sent, bit {bit}");
            Assert.True(result.Status == 255, $"bit {bit}: {result.Status} {result.Error}");
            Assert.InRange(result.Output.Length, 0, (int)(bit / 8));
            Assert.True(data.AsSpan(0, result.Output.Length).SequenceEqual(result.Output), $"bit {bit}: changed data was delivered");
        }
    }

    // The same for a proxy that changes nothing, so that the tests above cannot hold for another reason.
    [Theory]
    [MemberData(nameof(Ciphers))]
    public async Task NoFlip_PassesEverything(string cipher)
    {
        var data = Pattern.Make(Length);
        await using var proxy = new TamperingProxy(_server.Port);
        var result = await OpenSsh.RunAsync(_ssh.Ssh(proxy.Port, "-c", cipher, "127.0.0.1", "hash"), data);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(data)), result.Text);
        Assert.Equal(0, result.Status);
    }

    private static long FlipAt(Random random, int round)
    {
        var at = FirstFlip + random.Next(LastFlip - FirstFlip);
        return ((long)at * 8) + ((round + random.Next(8)) % 8);
    }
}
