using System.Net;

namespace Postern.Ssh.Keys.Tests;

/// <summary>Certificates made by <c>ssh-keygen</c>, of every key type and by authorities of every type.</summary>
public sealed class RealCertificateTests : IClassFixture<RealCertificateTests.Keys>
{
    private static readonly string[][] KeyTypes =
    [
        ["-t", "ed25519"],
        ["-t", "rsa", "-b", "2048"],
        ["-t", "ecdsa", "-b", "256"],
        ["-t", "ecdsa", "-b", "384"],
        ["-t", "ecdsa", "-b", "521"],
    ];

    private readonly SshKeygen _keygen;
    private readonly Keys _keys;

    public RealCertificateTests(Keys keys)
    {
        _keys = keys;
        _keygen = keys.Keygen;
    }

    public static TheoryData<int, int> Pairs
    {
        get
        {
            var pairs = new TheoryData<int, int>();
            for (var key = 0; key < KeyTypes.Length; key++)
            {
                for (var authority = 0; authority < KeyTypes.Length; authority++)
                {
                    pairs.Add(key, authority);
                }
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Certificate_OfKeygen_IsReadWhole(int keyType, int authorityType)
    {
        var key = _keys.Holders[keyType];
        var authority = _keys.Authorities[authorityType];
        _keygen.Run(
            "-q", "-s", "ca" + authorityType, "-I", "who is it", "-n", "alice,bob", "-z", "18446744073709551615", "-V", "20260101000000Z:20260102000000Z",
            "-O", "clear", "-O", "permit-pty", "-O", "source-address=10.0.0.0/8,::1", "-O", "extension:token-id@example.com=a b",
            "-O", "extension:flag@example.com", $"key{keyType}.pub");

        var text = _keygen.Read($"key{keyType}-cert.pub");
        var certificate = Certificate.Parse(text);

        Assert.Equal(key, certificate.Key);
        Assert.Equal(authority, certificate.SignatureKey);
        Assert.Equal(ulong.MaxValue, certificate.Serial);
        Assert.Equal(CertificateType.User, certificate.CertificateType);
        Assert.Equal("who is it", certificate.KeyId);
        Assert.Equal(["alice", "bob"], certificate.Principals);
        Assert.Equal(1767225600ul, certificate.ValidAfter);
        Assert.Equal(1767312000ul, certificate.ValidBefore);
        Assert.Equal([new CertificateOption("source-address", "10.0.0.0/8,::1")], certificate.CriticalOptions);
        Assert.Equal(
            [new("flag@example.com", ""), new("permit-pty", ""), new CertificateOption("token-id@example.com", "a b")],
            certificate.Extensions);
        Assert.Equal(text.TrimEnd(), certificate.ToAuthorizedKey("somebody@somewhere"));
        var decision = CertificatePolicy.Decide(certificate, new CertificateUse
        {
            TrustedAuthorities = [authority],
            Type = CertificateType.User,
            Now = DateTimeOffset.FromUnixTimeSeconds(1767225600),
            Principal = "bob",
            SourceAddress = IPAddress.Parse("::ffff:10.1.2.3"),
        });
        Assert.Equal(CertificateRefusal.None, decision.Refusal);
    }

    [Fact]
    public void HostCertificate_OfKeygen_IsRead()
    {
        _keygen.Run("-q", "-s", "ca0", "-h", "-I", "gateway", "-n", "*.postern.test", "-V", "always:forever", "key0.pub");
        var certificate = Certificate.Parse(_keygen.Read("key0-cert.pub"));
        Assert.Equal(CertificateType.Host, certificate.CertificateType);
        Assert.Equal(0ul, certificate.ValidAfter);
        Assert.Equal(ulong.MaxValue, certificate.ValidBefore);
    }

    // Item 23: RSA authorities that sign with SHA-1.
    [Fact]
    public void Certificate_SignedWithSha1_IsRefused()
    {
        var (exitCode, _) = _keygen.TryRun("-q", "-s", "ca1", "-t", "ssh-rsa", "-I", "x", "-n", "x", "key0.pub");
        Assert.Equal(0, exitCode);
        var exception = Assert.Throws<Wire.WireFormatException>(() => Certificate.Parse(_keygen.Read("key0-cert.pub")));
        Assert.Contains("signature does not verify", exception.Message, StringComparison.Ordinal);
    }

    // Items 11, 22 and 26: whatever byte is changed, the certificate is not accepted and nothing else is thrown.
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Certificate_WithAnyByteChanged_IsRefused(int authorityType)
    {
        _keygen.Run("-q", "-s", "ca" + authorityType, "-I", "id", "-n", "alice", "-O", "force-command=x", "key0.pub");
        var blob = Certificate.Parse(_keygen.Read("key0-cert.pub")).Blob.ToArray();
        for (var i = 0; i < blob.Length; i++)
        {
            foreach (var mask in new byte[] { 0x01, 0x80, 0xff })
            {
                var changed = blob.ToArray();
                changed[i] ^= mask;
                Assert.Throws<Wire.WireFormatException>(() => Certificate.Read(changed));
            }

            Assert.Throws<Wire.WireFormatException>(() => Certificate.Read(blob.AsSpan(0, i)));
        }

        Assert.Throws<Wire.WireFormatException>(() => Certificate.Read([.. blob, 0]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Certificate_OfOurs_IsReadByKeygen(int keyType)
    {
        var key = _keys.Holders[keyType];
        using var authority = Ed25519PrivateKey.Generate();
        using var random = System.Security.Cryptography.RandomNumberGenerator.Create();
        var certificate = new CertificateBuilder(authority, random).Sign(new CertificateStatement
        {
            Key = key,
            Type = CertificateType.User,
            Serial = 42,
            KeyId = "some user",
            Principals = ["alice", "bob"],
            ValidAfter = 1767225600,
            ValidBefore = 1767312000,
            CriticalOptions = [new("source-address", "10.0.0.0/8")],
            Extensions = [new("token-id@example.com", "abc"), new("permit-pty", ""), new("has-mfa@example.com", "")],
        });
        File.WriteAllText(_keygen.PathOf("ours-cert.pub"), certificate.ToAuthorizedKey("ours") + "\n");
        var listing = _keygen.Run("-L", "-f", "ours-cert.pub");

        Assert.Contains($"Signing CA: ED25519 {authority.PublicKey.Sha256Fingerprint} (using ssh-ed25519)", listing, StringComparison.Ordinal);
        Assert.Contains("Key ID: \"some user\"", listing, StringComparison.Ordinal);
        Assert.Contains("Serial: 42", listing, StringComparison.Ordinal);
        Assert.Contains("Valid: from 2026-01-01T00:00:00 to 2026-01-02T00:00:00", listing, StringComparison.Ordinal);
        Assert.Contains("source-address 10.0.0.0/8", listing, StringComparison.Ordinal);
        Assert.Contains("permit-pty", listing, StringComparison.Ordinal);
        Assert.Contains("token-id@example.com UNKNOWN OPTION: 00000003616263 (len 7)", listing, StringComparison.Ordinal);
    }

    /// <summary>A holder and an authority of each type, made once.</summary>
    public sealed class Keys : IDisposable
    {
        public Keys()
        {
            Holders = [.. KeyTypes.Select((t, i) => Generate("key" + i, t))];
            Authorities = [.. KeyTypes.Select((t, i) => Generate("ca" + i, t))];
        }

        public IReadOnlyList<PublicKey> Holders { get; }

        public IReadOnlyList<PublicKey> Authorities { get; }

        internal SshKeygen Keygen { get; } = new();

        public void Dispose() => Keygen.Dispose();

        private PublicKey Generate(string name, string[] arguments) => PublicKey.ParseAuthorizedKey(Keygen.Generate(name, arguments)).Key;
    }
}
