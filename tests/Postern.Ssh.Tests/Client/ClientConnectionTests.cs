using System.Security.Cryptography;
using Postern.Ssh.Client;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Tests.Client;

/// <summary>Our client and our server with every algorithm that there is, over good lines and bad ones.</summary>
public sealed class ClientConnectionTests
{
    private static readonly AlgorithmCatalogue All = AlgorithmCatalogue.Default;

    public static TheoryData<string> KeyExchanges() => [.. All.KeyExchanges];

    public static TheoryData<string> Ciphers() => [.. All.Ciphers];

    public static TheoryData<string> Macs() => [.. All.Macs];

    public static TheoryData<string, bool> HostKeys()
    {
        var data = new TheoryData<string, bool>();
        foreach (var name in All.HostKeys)
        {
            data.Add(name, false);
            data.Add(name, true);
        }

        return data;
    }

    public static TheoryData<string, bool> UserSignatures()
    {
        // Security keys sign in a device.
        var data = new TheoryData<string, bool>();
        foreach (var name in All.UserSignatures.Where(name => !name.StartsWith("sk-", StringComparison.Ordinal)))
        {
            data.Add(name, false);
            data.Add(name, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(KeyExchanges))]
    public Task KeyExchange_OfEveryMethod_Works(string name) =>
        CarryAsync(new AlgorithmCatalogue([name], All.Ciphers, All.Macs, All.HostKeys, All.UserSignatures));

    [Theory]
    [MemberData(nameof(Ciphers))]
    public Task Cipher_OfEveryKind_Works(string name) =>
        CarryAsync(new AlgorithmCatalogue(All.KeyExchanges, [name], All.Macs, All.HostKeys, All.UserSignatures));

    [Theory]
    [MemberData(nameof(Macs))]
    public Task Mac_OfEveryKind_Works(string name) =>
        CarryAsync(new AlgorithmCatalogue(All.KeyExchanges, ["aes128-ctr"], [name], All.HostKeys, All.UserSignatures));

    [Theory]
    [MemberData(nameof(HostKeys))]
    public async Task HostKey_OfEveryType_IsProved(string name, bool isCertified)
    {
        var signer = Generate(name);
        var authority = Ed25519PrivateKey.Generate();
        var certificate = isCertified ? Certify(authority, signer.PublicKey, CertificateType.Host, "gate.example") : null;
        await using var fixture = new ClientFixture();
        var host = isCertified
            ? new KnownHost("gate.example", [], [((ISigner)authority).PublicKey], TimeProvider.System)
            : new KnownHost("gate.example", [signer.PublicKey], [], TimeProvider.System);
        await using var connection = await fixture.ConnectAsync(
            ClientFixture.Config with { HostKeys = host, HostKeyAlgorithms = [isCertified ? name + "-cert-v01@openssh.com" : name] },
            EngineFixture.Config with { HostKeys = [new HostKey(signer, certificate)] });
        Assert.Equal(signer.PublicKey, connection.HostKey.Key);
        Assert.Equal(isCertified, connection.HostKey.Certificate is not null);
    }

    [Theory]
    [MemberData(nameof(UserSignatures))]
    public async Task Identity_OfEveryType_IsProved(string name, bool isCertified)
    {
        var signer = Generate(name);
        var certificate = isCertified ? Certify(Ed25519PrivateKey.Generate(), signer.PublicKey, CertificateType.User, "user") : null;
        var algorithms = new AlgorithmCatalogue(All.KeyExchanges, All.Ciphers, All.Macs, All.HostKeys, [name]);
        await using var fixture = new ClientFixture();
        await using var connection = await fixture.ConnectAsync(
            ClientFixture.Config with { Identities = [new ClientIdentity(signer, certificate)] },
            EngineFixture.Config with { Algorithms = algorithms });
        var proved = Assert.Single(fixture.Proved);
        Assert.Equal((signer.PublicKey, certificate?.Serial), (proved.Key, proved.Certificate?.Serial));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task Line_InPieces_CarriesEverything(int piece)
    {
        await using var fixture = new ClientFixture();
        await using var connection = await fixture.ConnectAsync(line: new Line { Piece = piece });
        await using var tunnel = await connection.OpenTunnelAsync("localhost", 80, CancellationToken.None);
        await ClientSessionTests.ExchangeAsync(tunnel, 20 * piece);
    }

    [Fact]
    public async Task Line_WithLatency_CarriesEverything()
    {
        var limits = new TransportLimits { RekeyBytes = 200_000 };
        await using var fixture = new ClientFixture();
        await using var connection = await fixture.ConnectAsync(
            ClientFixture.Config with { Transport = limits }, line: new Line { Latency = TimeSpan.FromMilliseconds(2) });
        await using var tunnel = await connection.OpenTunnelAsync("localhost", 80, CancellationToken.None);
        await ClientSessionTests.ExchangeAsync(tunnel, 1_000_000);
    }

    // A line that is cut at any byte ends both sides: nobody hangs, and nobody is signed in who was not.
    [Fact]
    public async Task Line_CutAnywhere_EndsBothSides()
    {
        for (var length = 0; length < 2400; length += 97)
        {
            foreach (var isToServer in new[] { true, false })
            {
                var line = new Line { ToServer = isToServer ? length : long.MaxValue, ToClient = isToServer ? long.MaxValue : length };
                await CutAsync(line);
            }
        }
    }

    private static async Task CutAsync(Line line)
    {
        await using var fixture = new ClientFixture();
        try
        {
            await using var connection = await fixture.ConnectAsync(line: line);
            await using var tunnel = await connection.OpenTunnelAsync("localhost", 80, CancellationToken.None);
            await tunnel.WriteAsync(new byte[100_000]);
            while (await tunnel.ReadAsync(new byte[1000]) > 0)
            {
                // Until the line is cut.
            }

            await connection.Ended.WaitAsync(ScriptedPeer.Patience);
        }
        catch (Exception exception) when (exception is ConnectFailedException or ChannelRefusedException or IOException)
        {
            // Cut before that.
        }

        await fixture.Serving.WaitAsync(ScriptedPeer.Patience);
    }

    [Fact]
    public async Task Attempt_ThatIsCancelled_EndsAtOnce()
    {
        var (near, far) = await Line.PairAsync();
        using var cancellation = new CancellationTokenSource();
        var connecting = SshClient.ConnectAsync(
            near, ClientFixture.Config, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, cancellation.Token);
        await cancellation.CancelAsync();
        var failure = await Assert.ThrowsAsync<ConnectFailedException>(() => connecting.WaitAsync(ScriptedPeer.Patience));
        Assert.Equal((ConnectionEnd.LocalDisconnect, "cancelled"), (failure.End, failure.Message));
        far.Dispose();
    }

    [Fact]
    public async Task Configuration_ThatCannotWork_IsRefused()
    {
        var (near, far) = await Line.PairAsync();
        var other = Certify(
            Ed25519PrivateKey.Generate(), ((ISigner)Ed25519PrivateKey.Generate()).PublicKey, CertificateType.User, "user");
        ClientConfig[] configs =
        [
            ClientFixture.Config with { Identities = [new ClientIdentity(ClientFixture.UserKey, other)] },
            ClientFixture.Config with { HostKeyAlgorithms = [] },
            ClientFixture.Config with { SoftwareVersion = "a b" },
        ];
        foreach (var config in configs)
        {
            await Assert.ThrowsAsync<ArgumentException>(() => SshClient.ConnectAsync(
                near, config, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, CancellationToken.None));
        }

        near.Dispose();
        far.Dispose();
    }

    internal static Certificate Certify(ISigner authority, PublicKey key, CertificateType type, params string[] principals) =>
        Certify(authority, key, type, 0, ulong.MaxValue, principals);

    internal static Certificate Certify(
        ISigner authority, PublicKey key, CertificateType type, ulong after, ulong before, params string[] principals)
    {
        using var random = RandomNumberGenerator.Create();
        return new CertificateBuilder(authority, random).Sign(new CertificateStatement
        {
            Key = key,
            Type = type,
            Serial = 42,
            KeyId = "id",
            Principals = principals,
            ValidAfter = after,
            ValidBefore = before,
        });
    }

    private static ISigner Generate(string signature) => signature switch
    {
        "ssh-ed25519" => Ed25519PrivateKey.Generate(),
        "rsa-sha2-256" or "rsa-sha2-512" => RsaPrivateKey.Generate(2048),
        _ => EcdsaPrivateKey.Generate(signature),
    };

    private static async Task CarryAsync(AlgorithmCatalogue algorithms)
    {
        var limits = new TransportLimits { RekeyBytes = 100_000 };
        await using var fixture = new ClientFixture();
        await using var connection = await fixture.ConnectAsync(
            ClientFixture.Config with { Algorithms = algorithms, Transport = limits });
        await using var tunnel = await connection.OpenTunnelAsync("localhost", 80, CancellationToken.None);
        await ClientSessionTests.ExchangeAsync(tunnel, 400_000);
    }
}
