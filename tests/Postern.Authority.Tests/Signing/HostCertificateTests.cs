using Postern.Ssh.Keys;

namespace Postern.Authority.Tests;

public sealed class HostCertificateTests : IDisposable
{
    private readonly AuthorityFixture _fixture = new();
    private readonly PublicKey _hostKey = PublicKey.ParseAuthorizedKey(AuthorityFixture.NewKey()).Key;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Certificate_IsReadByKeygen()
    {
        var authority = await _fixture.InitializedAsync();
        var outcome = await authority.SignHostCertificateAsync(_hostKey, ["*.ssh.local.postern.test", "127.0.0.1"], TimeSpan.FromDays(30), CancellationToken.None);
        var certificate = Assert.IsType<SigningOutcome.Issued>(outcome).Certificate;
        Assert.Equal(authority.TrustedHostAuthorities[0], certificate.SignatureKey);
        await File.WriteAllTextAsync(_fixture.PathOf("host-cert.pub"), certificate.ToAuthorizedKey() + "\n");
        var listing = _fixture.SshKeygen("-L", "-f", "host-cert.pub");
        Assert.Contains("host certificate", listing, StringComparison.Ordinal);
        Assert.Contains("*.ssh.local.postern.test", listing, StringComparison.Ordinal);
        Assert.Contains("Valid: from 2026-01-01T11:59:00 to 2026-01-31T12:00:00", listing, StringComparison.Ordinal);
    }

    // Items 18, 19 and 27.
    [Theory]
    [InlineData()]
    [InlineData("")]
    [InlineData("a,b")]
    [InlineData("a b")]
    [InlineData("a\nb")]
    [InlineData("good.example.com", "bad\u0000")]
    public async Task Principals_ThatAreNoHosts_AreRefused(params string[] principals)
    {
        var authority = await _fixture.InitializedAsync();
        var outcome = await authority.SignHostCertificateAsync(_hostKey, principals, TimeSpan.FromDays(30), CancellationToken.None);
        Assert.Equal(SigningRefusal.UnacceptablePrincipal, Assert.IsType<SigningOutcome.Refused>(outcome).Refusal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(367 * 24)]
    public async Task Lifetime_OutOfRange_IsRefused(int hours)
    {
        var authority = await _fixture.InitializedAsync();
        var outcome = await authority.SignHostCertificateAsync(_hostKey, ["a"], TimeSpan.FromHours(hours), CancellationToken.None);
        Assert.Equal(SigningRefusal.UnacceptableLifetime, Assert.IsType<SigningOutcome.Refused>(outcome).Refusal);
    }

    [Fact]
    public async Task AuthoritysOwnKey_IsRefused()
    {
        var authority = await _fixture.InitializedAsync();
        var outcome = await authority.SignHostCertificateAsync(authority.TrustedHostAuthorities[0], ["a"], TimeSpan.FromDays(1), CancellationToken.None);
        Assert.Equal(SigningRefusal.AuthorityKey, Assert.IsType<SigningOutcome.Refused>(outcome).Refusal);
    }

    // The lines that clients write: ssh-keygen -F finds the authority for a host in them.
    [Fact]
    public async Task KnownHostsLines_AreFoundByKeygen()
    {
        var authority = await _fixture.InitializedAsync();
        await authority.RotateAsync(AuthorityPurpose.HostCertificates, CancellationToken.None);
        var lines = authority.HostAuthorityLines(["*.ssh.local.postern.test", "[127.0.0.1]:2222"]);
        Assert.Equal(2, lines.Count);
        await File.WriteAllLinesAsync(_fixture.PathOf("known_hosts"), lines);
        Assert.Contains("@cert-authority", _fixture.SshKeygen("-F", "[127.0.0.1]:2222", "-f", "known_hosts"), StringComparison.Ordinal);
        Assert.Contains("@cert-authority", _fixture.SshKeygen("-F", "abc.ssh.local.postern.test", "-f", "known_hosts"), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => authority.HostAuthorityLines([]));
        Assert.Throws<ArgumentException>(() => authority.HostAuthorityLines(["a b"]));
    }
}
