using System.Security.Cryptography;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;

namespace Conformance;

/// <summary>Every algorithm with the real client, in the manner of OpenSSH's try-ciphers, kextype and cert-hostkey.</summary>
public sealed class AlgorithmTests(AlgorithmTests.Keys keys) : IClassFixture<AlgorithmTests.Keys>, IAsyncLifetime
{
    private readonly EngineServer _server = new(new ServerConfig { HostKeys = keys.Certified, Algorithms = keys.Algorithms });
    private OpenSsh _ssh = null!;

    public async Task InitializeAsync() => _ssh = await OpenSsh.CreateAsync();

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        _ssh.Dispose();
    }

    public static TheoryData<string, string> Ciphers()
    {
        var data = new TheoryData<string, string>();
        foreach (var cipher in AlgorithmCatalogue.Default.Ciphers)
        {
            if (!cipher.EndsWith("-ctr", StringComparison.Ordinal))
            {
                // What the client would take for a MAC must not matter.
                data.Add(cipher, "umac-64@openssh.com");
                continue;
            }

            foreach (var mac in AlgorithmCatalogue.Default.Macs)
            {
                data.Add(cipher, mac);
            }
        }

        return data;
    }

    // Security 40: the client re-keys every megabyte of what goes both ways.
    [Theory]
    [MemberData(nameof(Ciphers))]
    public async Task CipherAndMac_CarryDataBothWaysAndRekey(string cipher, string mac)
    {
        var data = Pattern.Make(4_000_000);
        var result = await OpenSsh.RunAsync(
            _ssh.Ssh(_server, "-v", "-c", cipher, "-m", mac, "-o", "RekeyLimit=1M", "127.0.0.1", "cat"), data);
        Assert.True(result.Status == 0, result.Error + string.Join('\n', _server.Log.Lines));
        Assert.True(data.AsSpan().SequenceEqual(result.Output));
        var agreed = cipher.EndsWith("-ctr", StringComparison.Ordinal) ? $"cipher: {cipher} MAC: {mac} " : $"cipher: {cipher} MAC: <implicit>";
        Assert.True(result.Error.Split("kex: server->client " + agreed).Length > 4, result.Error);
        Assert.True(result.Error.Split("kex: client->server " + agreed).Length > 4, result.Error);
        Assert.Empty(_server.Log.Lines);
    }

    [Fact]
    public async Task Mac_ThatTheServerHasNot_IsMissedOnlyWhereTheCipherNeedsOne()
    {
        var result = await _ssh.RunSshAsync(_server, "-c", "aes192-ctr", "-m", "umac-64@openssh.com", "127.0.0.1", "echo hi");
        Assert.Equal(255, result.Status);
        Assert.Contains("no matching MAC found", result.Error, StringComparison.Ordinal);
    }

    /// <summary>ML-KEM is among them where the platform has it: in the Debian 13 root of test.sh, whose ssh has it too.</summary>
    public static TheoryData<string> KeyExchanges() => [.. AlgorithmCatalogue.Default.KeyExchanges];

    // Security 38: ML-KEM with the real client, again and again.
    [Theory]
    [MemberData(nameof(KeyExchanges))]
    public async Task KeyExchange_WorksAndIsRepeated(string name)
    {
        var data = Pattern.Make(3_000_000);
        var result = await OpenSsh.RunAsync(
            _ssh.Ssh(_server, "-v", "-o", "KexAlgorithms=" + name, "-o", "RekeyLimit=1M", "127.0.0.1", "cat"), data);
        Assert.True(result.Status == 0, result.Error + string.Join('\n', _server.Log.Lines));
        Assert.True(data.AsSpan().SequenceEqual(result.Output));
        Assert.True(result.Error.Split("kex: algorithm: " + name + "\r\n").Length > 3, result.Error);
        Assert.Empty(_server.Log.Lines);
    }

    public static TheoryData<string> HostKeys() => [.. Keys.All];

    [Theory]
    [MemberData(nameof(HostKeys))]
    public async Task HostKey_Plain_IsProved(string signature)
    {
        var key = keys.ForSignature(signature);
        await File.WriteAllTextAsync(
            _ssh.PathOf("known_hosts"), $"[127.0.0.1]:{_server.Port} {key.Signer.PublicKey.ToAuthorizedKey()}\n");
        await EnterAsync(signature, signature);
    }

    [Theory]
    [MemberData(nameof(HostKeys))]
    public async Task HostKey_InACertificate_IsProved(string signature)
    {
        await File.WriteAllTextAsync(_ssh.PathOf("known_hosts"), $"@cert-authority * {keys.Authority.PublicKey.ToAuthorizedKey()}\n");
        var algorithm = signature.Replace("@openssh.com", "", StringComparison.Ordinal) + "-cert-v01@openssh.com";
        await EnterAsync(algorithm, algorithm);
    }

    // A client that knows one plain key gets that one, and one that trusts the authority any certificate.
    [Theory]
    [MemberData(nameof(HostKeys))]
    public async Task HostKey_ThatTheClientKnows_IsTakenWithoutBeingAsked(string signature)
    {
        var key = keys.ForSignature(signature);
        await File.WriteAllTextAsync(
            _ssh.PathOf("known_hosts"), $"[127.0.0.1]:{_server.Port} {key.Signer.PublicKey.ToAuthorizedKey()}\n");
        var result = await _ssh.RunSshAsync(_server, "-o", "StrictHostKeyChecking=yes", "127.0.0.1", "echo hi");
        Assert.True(result.Status == 0, result.Error);
    }

    [Fact]
    public async Task HostKey_ThatIsNotTheKnownOne_IsRefusedByTheClient()
    {
        using var other = Ed25519PrivateKey.Generate();
        await File.WriteAllTextAsync(
            _ssh.PathOf("known_hosts"), $"[127.0.0.1]:{_server.Port} {other.PublicKey.ToAuthorizedKey()}\n");
        var result = await _ssh.RunSshAsync(_server, "-o", "HostKeyAlgorithms=ssh-ed25519", "-o", "StrictHostKeyChecking=yes", "127.0.0.1", "echo hi");
        Assert.Equal(255, result.Status);
        Assert.Empty(_server.Accepted);
    }

    // OpenSSH's hostkey-rotate: who knows one key learns the others, each proved, whatever key the exchange was signed with.
    [Theory]
    [InlineData("ssh-ed25519")]
    [InlineData("rsa-sha2-256")]
    [InlineData("rsa-sha2-512")]
    public async Task Client_ThatKnowsOneKey_LearnsTheOthers(string signature)
    {
        var known = _ssh.PathOf("known_hosts");
        var algorithms = string.Join(',', Keys.All.Prepend(signature).Distinct());
        await File.WriteAllTextAsync(
            known, $"[127.0.0.1]:{_server.Port} {keys.ForSignature(signature).Signer.PublicKey.ToAuthorizedKey()}\n");
        var result = await _ssh.RunSshAsync(
            _server, "-o", "UpdateHostKeys=yes", "-o", "StrictHostKeyChecking=yes", "-o", "HostKeyAlgorithms=" + algorithms, "127.0.0.1", "echo hi");
        Assert.True(result.Status == 0, result.Error);
        var lines = await File.ReadAllTextAsync(known);
        Assert.All(keys.Certified, key => Assert.Contains(Convert.ToBase64String(key.Signer.PublicKey.Blob.Span), lines, StringComparison.Ordinal));
        Assert.Empty(_server.Log.Lines);
    }

    private async Task EnterAsync(string algorithm, string expected)
    {
        var result = await _ssh.RunSshAsync(
            _server, "-v", "-o", "StrictHostKeyChecking=yes", "-o", "HostKeyAlgorithms=" + algorithm, "127.0.0.1", "echo hi");
        Assert.True(result.Status == 0, result.Error + string.Join('\n', _server.Log.Lines));
        Assert.Contains("kex: host key algorithm: " + expected + "\n", result.Error.Replace("\r", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    /// <summary>A host key of each type with a certificate, made once: RSA keys take a moment.</summary>
    public sealed class Keys : IDisposable
    {
        public static readonly string[] All =
        [
            "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512", "rsa-sha2-256",
        ];

        public Keys()
        {
            using var random = RandomNumberGenerator.Create();
            var builder = new CertificateBuilder(Authority, random);
            Certified =
            [
                .. new ISigner[]
                {
                    Ed25519PrivateKey.Generate(),
                    EcdsaPrivateKey.Generate("ecdsa-sha2-nistp256"),
                    EcdsaPrivateKey.Generate("ecdsa-sha2-nistp384"),
                    EcdsaPrivateKey.Generate("ecdsa-sha2-nistp521"),
                    RsaPrivateKey.Generate(3072),
                }.Select(key => new HostKey(key, Certify(builder, key.PublicKey))),
            ];
        }

        public Ed25519PrivateKey Authority { get; } = Ed25519PrivateKey.Generate();

        public IReadOnlyList<HostKey> Certified { get; }

        public AlgorithmCatalogue Algorithms { get; } = new(
            AlgorithmCatalogue.Default.KeyExchanges,
            AlgorithmCatalogue.Default.Ciphers,
            AlgorithmCatalogue.Default.Macs,
            All,
            AlgorithmCatalogue.Default.UserSignatures);

        public HostKey ForSignature(string name) => Certified.First(key => key.Signer.PublicKey.SignatureAlgorithms.Contains(name));

        public void Dispose()
        {
            Authority.Dispose();
            foreach (var key in Certified)
            {
                ((IDisposable)key.Signer).Dispose();
            }
        }

        private static Certificate Certify(CertificateBuilder builder, PublicKey key) => builder.Sign(new CertificateStatement
        {
            Key = key,
            Type = CertificateType.Host,
            Serial = 1,
            KeyId = "conformance",
            Principals = ["127.0.0.1"],
            ValidAfter = 0,
            ValidBefore = ulong.MaxValue,
        });
    }
}
