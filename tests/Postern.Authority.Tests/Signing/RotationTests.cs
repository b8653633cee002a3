using Postern.Ssh.Keys;

namespace Postern.Authority.Tests;

/// <summary>Item 29: what is trusted before, while and after a key is replaced, in the process that does it and in others.</summary>
public sealed class RotationTests : IDisposable
{
    private readonly AuthorityFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Rotation_KeepsTheOldKeyTrusted_UntilItIsRetired()
    {
        var authority = await _fixture.InitializedAsync();
        var old = await IssueAsync(authority);
        var oldKey = authority.Keys.Single(k => k.Purpose == AuthorityPurpose.UserCertificates);
        _fixture.Time.Now += TimeSpan.FromSeconds(1);
        var newKey = await authority.RotateAsync(AuthorityPurpose.UserCertificates, CancellationToken.None);
        var fresh = await IssueAsync(authority);

        Assert.Equal(AuthorityKeyState.Active, newKey.State);
        Assert.Equal([newKey.PublicKey, oldKey.PublicKey], authority.TrustedUserAuthorities);
        Assert.Equal(newKey.PublicKey, fresh.SignatureKey);
        Assert.True(IsTrusted(authority, old) && IsTrusted(authority, fresh));

        Assert.False(await authority.RetireAsync(newKey.Id, CancellationToken.None));
        Assert.True(await authority.RetireAsync(oldKey.Id, CancellationToken.None));
        Assert.False(await authority.RetireAsync(oldKey.Id, CancellationToken.None));
        Assert.Equal([newKey.PublicKey], authority.TrustedUserAuthorities);
        Assert.False(IsTrusted(authority, old));
        Assert.True(IsTrusted(authority, fresh));
        Assert.Equal(3, authority.Keys.Count);
    }

    [Fact]
    public async Task Rotation_ByAnotherProcess_IsSeenWithinSeconds()
    {
        var here = await _fixture.InitializedAsync();
        var there = await _fixture.InitializedAsync();
        var newKey = await there.RotateAsync(AuthorityPurpose.UserCertificates, CancellationToken.None);
        _fixture.Time.Now += AuthorityLimits.KeyRefresh;
        Assert.Equal(newKey.PublicKey, (await IssueAsync(here)).SignatureKey);
        Assert.Equal(2, here.TrustedUserAuthorities.Count);
    }

    [Fact]
    public async Task Rotations_AtOnce_LeaveOneActiveKey()
    {
        var authorities = new List<CertificateAuthority>();
        for (var i = 0; i < 4; i++)
        {
            authorities.Add(await _fixture.InitializedAsync());
        }

        await Task.WhenAll(authorities.Select(a => Task.Run(async () =>
        {
            try
            {
                await a.RotateAsync(AuthorityPurpose.HostCertificates, CancellationToken.None);
            }
            catch (AuthorityKeyException)
            {
                // Another one was faster, which is what the test is about.
            }
        })));
        var keys = await _fixture.Store.LoadAsync(CancellationToken.None);
        Assert.Single(keys, k => k.Purpose == AuthorityPurpose.HostCertificates && k.State == AuthorityKeyState.Active);
        Assert.Single(keys, k => k.Purpose == AuthorityPurpose.UserCertificates);
    }

    private static bool IsTrusted(CertificateAuthority authority, Certificate certificate) =>
        authority.TrustedUserAuthorities.Contains(certificate.SignatureKey);

    private async Task<Certificate> IssueAsync(CertificateAuthority authority) =>
        Assert.IsType<SigningOutcome.Issued>(await authority.SignUserCertificateAsync(_fixture.NewRequest(), CancellationToken.None)).Certificate;
}
