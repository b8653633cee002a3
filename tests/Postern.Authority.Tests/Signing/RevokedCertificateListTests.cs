using Postern.Ssh.Keys;

namespace Postern.Authority.Tests;

/// <summary>Security 24 and 28: what other servers are told of certificates that are no longer honoured here.</summary>
public sealed class RevokedCertificateListTests : IDisposable
{
    private readonly AuthorityFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task List_RevokesTheSerialsOfTrustedAuthoritiesAndRetiredOnesWhole()
    {
        var authority = await _fixture.InitializedAsync();
        var retired = await IssueAsync(authority);
        var oldKey = authority.Keys.Single(k => k.Purpose == AuthorityPurpose.UserCertificates);
        await authority.RotateAsync(AuthorityPurpose.UserCertificates, CancellationToken.None);
        var revoked = await IssueAsync(authority);
        await authority.RotateAsync(AuthorityPurpose.UserCertificates, CancellationToken.None);
        var revokedOfTheNewest = await IssueAsync(authority);
        var good = await IssueAsync(authority);
        Assert.True(await authority.RetireAsync(oldKey.Id, CancellationToken.None));

        var file = RevokedCertificateList.Write(
            authority.Keys, [(long)revoked.Serial, (long)revokedOfTheNewest.Serial], DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

        var list = RevocationList.Read(file);
        Assert.Equal(1_800_000_000_000ul, list.Version);
        Assert.Equal(Revocation.Authority, list.Find(retired));
        Assert.Equal(Revocation.Serial, list.Find(revoked));
        Assert.Equal(Revocation.Serial, list.Find(revokedOfTheNewest));
        Assert.Equal(Revocation.None, list.Find(good));

        // The number alone says nothing about certificates of somebody else's authority.
        using var other = Ed25519PrivateKey.Generate();
        Assert.Equal(Revocation.None, list.Find(revoked.Key, other.PublicKey, revoked.Serial, revoked.KeyId));
    }

    [Fact]
    public async Task List_OfNothing_RevokesNothing()
    {
        var authority = await _fixture.InitializedAsync();
        var list = RevocationList.Read(RevokedCertificateList.Write(authority.Keys, [], _fixture.Time.Now));
        Assert.Equal(Revocation.None, list.Find(await IssueAsync(authority)));
    }

    private async Task<Certificate> IssueAsync(CertificateAuthority authority) =>
        Assert.IsType<SigningOutcome.Issued>(await authority.SignUserCertificateAsync(_fixture.NewRequest(), CancellationToken.None)).Certificate;
}
