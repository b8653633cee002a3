namespace Postern.Authority.Tests.Signing;

/// <summary>What the operator's revocation list names is not signed again. The lists are made by the machine's ssh-keygen.</summary>
public sealed class RevokedSigningTests : IDisposable
{
    private const string List = "revoked.krl";

    private readonly AuthorityFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task RevokedKey_IsNotSigned_AndOthersAre()
    {
        var stolen = AuthorityFixture.NewKey();
        Revoke(stolen);
        var authority = await StartAsync();
        await AssertRefusedAsync(authority, _fixture.NewRequest(stolen), SigningRefusal.Revoked);
        Assert.IsType<SigningOutcome.Issued>(await authority.SignUserCertificateAsync(_fixture.NewRequest(), CancellationToken.None));
    }

    [Fact]
    public async Task RevokedPerson_GetsNone_WhateverTheKey()
    {
        var request = _fixture.NewRequest();
        File.WriteAllText(_fixture.PathOf("ids"), $"id: {request.UserId}\n");
        _fixture.SshKeygen("-k", "-f", List, "-s", "none", "ids");
        var authority = await StartAsync();
        await AssertRefusedAsync(authority, request, SigningRefusal.Revoked);
        await AssertRefusedAsync(authority, _fixture.NewRequest() with { UserId = request.UserId }, SigningRefusal.Revoked);
        Assert.IsType<SigningOutcome.Issued>(await authority.SignUserCertificateAsync(_fixture.NewRequest(), CancellationToken.None));
    }

    [Fact]
    public async Task List_IsReadAgainWithinSeconds()
    {
        Revoke(AuthorityFixture.NewKey());
        var authority = await StartAsync();
        var request = _fixture.NewRequest();
        Assert.IsType<SigningOutcome.Issued>(await authority.SignUserCertificateAsync(request, CancellationToken.None));
        Revoke(request.AuthorizedKey);
        _fixture.Time.Now += RevocationCheck.Interval;
        await AssertRefusedAsync(authority, request, SigningRefusal.Revoked);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("SSHKRL\n")]
    [InlineData("this is no list")]
    public async Task ListThatCannotBeRead_LetsNothingBeSigned_UntilItCan(string? content)
    {
        if (content is not null)
        {
            File.WriteAllText(_fixture.PathOf(List), content);
        }

        var authority = await StartAsync();
        var request = _fixture.NewRequest();
        await AssertRefusedAsync(authority, request, SigningRefusal.RevocationUnknown);
        Revoke(AuthorityFixture.NewKey());
        _fixture.Time.Now += RevocationCheck.Interval;
        Assert.IsType<SigningOutcome.Issued>(await authority.SignUserCertificateAsync(request, CancellationToken.None));
        File.Delete(_fixture.PathOf(List));
        _fixture.Time.Now += RevocationCheck.Interval;
        await AssertRefusedAsync(authority, request, SigningRefusal.RevocationUnknown);
    }

    private void Revoke(string key)
    {
        File.Delete(_fixture.PathOf(List));
        File.WriteAllText(_fixture.PathOf("stolen.pub"), key + "\n");
        _fixture.SshKeygen("-k", "-f", List, "stolen.pub");
    }

    private async Task<CertificateAuthority> StartAsync()
    {
        var authority = _fixture.NewAuthority(revokedKeys: List);
        await authority.InitializeAsync(CancellationToken.None);
        return authority;
    }

    private static async Task AssertRefusedAsync(CertificateAuthority authority, UserCertificateRequest request, SigningRefusal refusal) =>
        Assert.Equal(
            refusal,
            Assert.IsType<SigningOutcome.Refused>(await authority.SignUserCertificateAsync(request, CancellationToken.None)).Refusal);
}
