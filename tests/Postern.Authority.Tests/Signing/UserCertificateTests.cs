using System.Net;
using Postern.Ssh.Keys;

namespace Postern.Authority.Tests;

public sealed class UserCertificateTests : IDisposable
{
    private readonly AuthorityFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Certificate_HoldsWhatClientsRead()
    {
        var authority = await _fixture.InitializedAsync();
        var request = _fixture.NewRequest() with
        {
            HasMfa = true,
            IsApp = true,
            AccessId = "access-1",
            Access = """{"projects":{"abc":["admin"]}}""",
            SourceAddress = "10.0.0.0/8,::1",
            RequestingAddress = IPAddress.Parse("10.1.2.3"),
        };
        var certificate = await IssueAsync(authority, request);
        var userId = request.UserId.ToString("D");

        Assert.Equal(CertificateType.User, certificate.CertificateType);
        Assert.Equal(PublicKey.ParseAuthorizedKey(request.AuthorizedKey).Key, certificate.Key);
        Assert.Equal(authority.TrustedUserAuthorities[0], certificate.SignatureKey);
        Assert.Equal(userId, certificate.KeyId);
        Assert.Equal([userId], certificate.Principals);
        Assert.InRange(certificate.Serial, 1ul, (ulong)long.MaxValue);
        Assert.Equal((ulong)_fixture.Time.Now.ToUnixTimeSeconds() - 60, certificate.ValidAfter);
        Assert.Equal((ulong)_fixture.Time.Now.ToUnixTimeSeconds() + 3600, certificate.ValidBefore);
        Assert.Equal([new CertificateOption("source-address", "10.0.0.0/8,::1")], certificate.CriticalOptions);
        Assert.Equal(
            [
                new("access-id@postern.test", "access-1"),
                new("access@postern.test", request.Access),
                new("has-mfa@postern.test", ""),
                new("is-app@postern.test", ""),
                new("permit-X11-forwarding", ""),
                new("permit-agent-forwarding", ""),
                new("permit-port-forwarding", ""),
                new("permit-pty", ""),
                new("permit-user-rc", ""),
                new("token-claims@postern.test", request.TokenClaims),
                new CertificateOption("token-id@postern.test", request.TokenId),
            ],
            certificate.Extensions);

        var record = _fixture.Ledger.Read(certificate.Serial);
        Assert.Equal(userId, record["keyId"]);
        Assert.Equal(request.SessionId.ToString(), record["session"]);
        Assert.Equal(request.TokenId, record["token"]);
        Assert.Equal("10.1.2.3", record["source"]);
        Assert.Equal(certificate.Key.Sha256Fingerprint, record["fingerprint"]);
    }

    [Fact]
    public async Task Certificate_IsReadByKeygen()
    {
        var authority = await _fixture.InitializedAsync();
        var request = _fixture.NewRequest() with { HasMfa = true };
        var certificate = await IssueAsync(authority, request);
        await File.WriteAllTextAsync(_fixture.PathOf("id-cert.pub"), certificate.ToAuthorizedKey() + "\n");
        var listing = _fixture.SshKeygen("-L", "-f", "id-cert.pub");

        Assert.Contains("ssh-ed25519-cert-v01@openssh.com user certificate", listing, StringComparison.Ordinal);
        Assert.Contains($"Signing CA: ED25519 {authority.TrustedUserAuthorities[0].Sha256Fingerprint}", listing, StringComparison.Ordinal);
        Assert.Contains($"Key ID: \"{request.UserId:D}\"", listing, StringComparison.Ordinal);
        Assert.Contains($"Serial: {certificate.Serial}", listing, StringComparison.Ordinal);
        Assert.Contains("Valid: from 2026-01-01T11:59:00 to 2026-01-01T13:00:00", listing, StringComparison.Ordinal);
        Assert.Contains($"Principals: \n                {request.UserId:D}\n", listing, StringComparison.Ordinal);
        Assert.Contains("Critical Options: (none)", listing, StringComparison.Ordinal);
        Assert.Contains("has-mfa@postern.test UNKNOWN", listing, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ed25519", "")]
    [InlineData("rsa", "2048")]
    [InlineData("rsa", "4096")]
    [InlineData("ecdsa", "256")]
    [InlineData("ecdsa", "384")]
    [InlineData("ecdsa", "521")]
    public async Task Key_OfEveryCommonType_IsSigned(string type, string bits)
    {
        string[] size = bits.Length == 0 ? [] : ["-b", bits];
        _fixture.SshKeygen(["-q", "-t", type, .. size, "-N", "", "-f", _fixture.PathOf("key")]);
        var authority = await _fixture.InitializedAsync();
        var line = await File.ReadAllTextAsync(_fixture.PathOf("key.pub"));
        var certificate = await IssueAsync(authority, _fixture.NewRequest(line));
        Assert.Equal(PublicKey.ParseAuthorizedKey(line).Key, certificate.Key);
    }

    // Item 23, before any arithmetic on it.
    [Fact]
    public async Task RsaKey_Below2048Bits_IsRefused()
    {
        _fixture.SshKeygen("-q", "-t", "rsa", "-b", "1024", "-N", "", "-f", _fixture.PathOf("key"));
        await AssertRefusedAsync(_fixture.NewRequest(await File.ReadAllTextAsync(_fixture.PathOf("key.pub"))), SigningRefusal.UnacceptableKey, "1024 bits");
    }

    [Theory]
    [InlineData("", SigningRefusal.UnacceptableKey)]
    [InlineData("ssh-ed25519", SigningRefusal.UnacceptableKey)]
    [InlineData("ssh-ed25519 !!!!", SigningRefusal.UnacceptableKey)]
    [InlineData("ssh-ed25519 AAAA", SigningRefusal.UnacceptableKey)]
    [InlineData("command=\"x\" ssh-ed25519 AAAA", SigningRefusal.UnsupportedKeyType)]
    [InlineData("ssh-dss AAAAB3NzaC1kc3MAAACB", SigningRefusal.UnsupportedKeyType)]
    [InlineData("ssh-ed25519-cert-v01@openssh.com AAAA", SigningRefusal.CertificateInsteadOfKey)]
    [InlineData("ssh-rsa-cert-v00@openssh.com AAAA", SigningRefusal.CertificateInsteadOfKey)]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----", SigningRefusal.UnsupportedKeyType)]
    public async Task Text_ThatIsNoKey_IsRefused(string text, SigningRefusal refusal) =>
        await AssertRefusedAsync(_fixture.NewRequest(text), refusal);

    [Fact]
    public async Task Key_FollowedByAnother_IsRefused() =>
        await AssertRefusedAsync(_fixture.NewRequest(AuthorityFixture.NewKey() + "\n" + AuthorityFixture.NewKey()), SigningRefusal.UnacceptableKey);

    [Fact]
    public async Task Key_OfAMillionCharacters_IsRefused() =>
        await AssertRefusedAsync(_fixture.NewRequest("ssh-ed25519 " + new string('A', 1_000_000)), SigningRefusal.UnacceptableKey, "exceeds");

    // Item 16: what is signed by a certified key must not become one more authority.
    [Fact]
    public async Task CertificateHiddenUnderAKeysName_IsRefused()
    {
        var authority = await _fixture.InitializedAsync();
        var certificate = await IssueAsync(authority, _fixture.NewRequest());
        var line = "ssh-ed25519 " + Convert.ToBase64String(certificate.Blob.Span);
        await AssertRefusedAsync(_fixture.NewRequest(line), SigningRefusal.UnacceptableKey);
    }

    [Fact]
    public async Task AuthoritysOwnKey_IsRefused()
    {
        var authority = await _fixture.InitializedAsync();
        await AssertRefusedAsync(_fixture.NewRequest(authority.TrustedUserAuthorities[0].ToAuthorizedKey()), SigningRefusal.AuthorityKey);
        await AssertRefusedAsync(_fixture.NewRequest(authority.TrustedHostAuthorities[0].ToAuthorizedKey()), SigningRefusal.AuthorityKey);
    }

    // Item 18.
    [Fact]
    public async Task Request_WithoutPersonOrSession_IsRefused()
    {
        await AssertRefusedAsync(_fixture.NewRequest() with { UserId = Guid.Empty }, SigningRefusal.UnacceptablePrincipal);
        await AssertRefusedAsync(_fixture.NewRequest() with { SessionId = Guid.Empty }, SigningRefusal.UnacceptablePrincipal);
    }

    [Fact]
    public async Task Certificate_EndsNoLaterThanItsSession()
    {
        var authority = await _fixture.InitializedAsync();
        var end = _fixture.Time.Now.AddMinutes(10).AddMilliseconds(900);
        var certificate = await IssueAsync(authority, _fixture.NewRequest() with { SessionEnd = end });
        Assert.Equal((ulong)_fixture.Time.Now.AddMinutes(10).ToUnixTimeSeconds(), certificate.ValidBefore);
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(0)]
    [InlineData(0.5)]
    public async Task Request_OfAnEndedSession_IsRefused(double seconds) =>
        await AssertRefusedAsync(_fixture.NewRequest() with { SessionEnd = _fixture.Time.Now.AddSeconds(seconds) }, SigningRefusal.SessionEnded);

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("line\nend")]
    [InlineData("ümlaut")]
    public async Task TokenId_ThatIsNone_IsRefused(string tokenId)
    {
        await AssertRefusedAsync(_fixture.NewRequest() with { TokenId = tokenId }, SigningRefusal.UnacceptableClaims);
        await AssertRefusedAsync(_fixture.NewRequest() with { AccessId = tokenId }, SigningRefusal.UnacceptableClaims);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{\"a\":1} {}")]
    public async Task Claims_ThatAreNoObject_AreRefused(string json)
    {
        await AssertRefusedAsync(_fixture.NewRequest() with { TokenClaims = json }, SigningRefusal.UnacceptableClaims);
        await AssertRefusedAsync(_fixture.NewRequest() with { Access = json }, SigningRefusal.UnacceptableClaims);
    }

    [Fact]
    public async Task Claims_WithHalfACharacter_AreRefused() =>
        await AssertRefusedAsync(_fixture.NewRequest() with { TokenClaims = "{\"a\":\"\ud800\"}" }, SigningRefusal.UnacceptableClaims);

    [Fact]
    public async Task Claims_OfLargestSize_AreSignedAndLargerOnesRefused()
    {
        var authority = await _fixture.InitializedAsync();
        var largest = """{"ä":""" + '"' + new string('x', AuthorityLimits.Json - 9) + "\"}";
        var certificate = await IssueAsync(authority, _fixture.NewRequest() with { TokenClaims = largest, Access = largest });
        Assert.Equal(largest, certificate.FindExtension("access@postern.test"));
        await AssertRefusedAsync(_fixture.NewRequest() with { Access = largest + " " }, SigningRefusal.UnacceptableClaims);
    }

    // Item 9: a pin to no address is nobody's certificate, and signing one would only hide the mistake.
    [Theory]
    [InlineData("")]
    [InlineData("10.0.0.0/33")]
    [InlineData("10.0.0.1/8")]
    [InlineData("10.0.0.0/8,")]
    [InlineData("example.com")]
    public async Task SourceAddress_ThatIsMalformed_IsRefused(string list) =>
        await AssertRefusedAsync(_fixture.NewRequest() with { SourceAddress = list }, SigningRefusal.UnacceptableSourceAddress);

    [Fact]
    public async Task Record_ThatFails_LetsNothingOut()
    {
        var authority = await _fixture.InitializedAsync(new FullLedger());
        await Assert.ThrowsAsync<IOException>(() => authority.SignUserCertificateAsync(_fixture.NewRequest(), CancellationToken.None));
        Assert.Empty(_fixture.Ledger.Serials);
    }

    [Fact]
    public async Task Certificates_SignedAtOnce_HaveSerialsOfTheirOwn()
    {
        var authority = await _fixture.InitializedAsync();
        var certificates = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => IssueAsync(authority, _fixture.NewRequest()))));
        Assert.Equal(100, certificates.Select(c => c.Serial).Distinct().Count());
        Assert.Equal(certificates.Select(c => c.Serial.ToString()).Order(), _fixture.Ledger.Serials.Order());
    }

    [Theory]
    [InlineData("")]
    [InlineData("Postern.Test")]
    [InlineData("a b")]
    [InlineData("a@b")]
    public void Configuration_WithMalformedDomain_IsRefused(string domain)
    {
        using var masterKey = new MasterKey(new byte[MasterKey.Size]);
        using var random = System.Security.Cryptography.RandomNumberGenerator.Create();
        Assert.Throws<ArgumentException>(() => new CertificateAuthority(
            _fixture.Store,
            _fixture.Ledger,
            masterKey,
            new AuthorityConfig { ExtensionDomain = domain },
            _fixture.Time,
            random,
            Microsoft.Extensions.Logging.Abstractions.NullLogger<CertificateAuthority>.Instance).Dispose());
    }

    [Theory]
    [InlineData(59)]
    [InlineData(86401)]
    public void Configuration_WithLifetimeOutOfRange_IsRefused(int seconds) =>
        Assert.Throws<ArgumentException>(() => _fixture.NewAuthority(lifetime: TimeSpan.FromSeconds(seconds)));

    private static async Task<Certificate> IssueAsync(CertificateAuthority authority, UserCertificateRequest request) =>
        Assert.IsType<SigningOutcome.Issued>(await authority.SignUserCertificateAsync(request, CancellationToken.None)).Certificate;

    private async Task AssertRefusedAsync(UserCertificateRequest request, SigningRefusal refusal, string message = "")
    {
        var authority = await _fixture.InitializedAsync();
        var before = _fixture.Ledger.Serials.Count;
        var refused = Assert.IsType<SigningOutcome.Refused>(await authority.SignUserCertificateAsync(request, CancellationToken.None));
        Assert.Equal(refusal, refused.Refusal);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, _fixture.Ledger.Serials.Count);
    }

    /// <summary>A ledger on a disk with no room left.</summary>
    private sealed class FullLedger : ICertificateLedger
    {
        public async Task RecordAsync(CertificateRecord certificate, CancellationToken cancellationToken)
        {
            // The kernel's own full disk.
            await using var full = new FileStream("/dev/full", FileMode.Open, FileAccess.Write);
            await full.WriteAsync(new byte[1], cancellationToken);
            await full.FlushAsync(cancellationToken);
        }
    }
}
