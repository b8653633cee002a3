using System.Security.Cryptography;
using System.Text;
using Postern.Ssh.Keys;

namespace Postern.Authority.Tests;

public sealed class AuthorityKeysTests : IDisposable
{
    private readonly AuthorityFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Initialize_Twice_MakesOneKeyForEachPurpose()
    {
        var authority = await _fixture.InitializedAsync();
        await authority.InitializeAsync(CancellationToken.None);
        var again = await _fixture.InitializedAsync();

        Assert.Equal(2, authority.Keys.Count);
        Assert.Equal(authority.TrustedUserAuthorities, again.TrustedUserAuthorities);
        Assert.Equal(authority.TrustedHostAuthorities, again.TrustedHostAuthorities);
        Assert.NotEqual(authority.TrustedUserAuthorities[0], authority.TrustedHostAuthorities[0]);
    }

    [Fact]
    public async Task Initialize_ByManyAtOnce_MakesOneKeyForEachPurpose()
    {
        var authorities = Enumerable.Range(0, 6).Select(_ => _fixture.NewAuthority()).ToList();
        await Task.WhenAll(authorities.Select(a => Task.Run(() => a.InitializeAsync(CancellationToken.None))));

        Assert.Single(authorities.Select(a => Assert.Single(a.TrustedUserAuthorities)).Distinct());
        Assert.Single(authorities.Select(a => Assert.Single(a.TrustedHostAuthorities)).Distinct());
        Assert.Equal(2, (await _fixture.Store.LoadAsync(CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Initialize_WithAnotherMasterKey_SaysSoAndMakesNothing()
    {
        await _fixture.InitializedAsync();
        using var other = new MasterKey(RandomNumberGenerator.GetBytes(MasterKey.Size));
        var exception = await Assert.ThrowsAsync<AuthorityKeyException>(
            () => _fixture.NewAuthority(masterKey: other).InitializeAsync(CancellationToken.None));
        Assert.Contains("restore the master key file", exception.Message, StringComparison.Ordinal);
        Assert.Equal(2, (await _fixture.Store.LoadAsync(CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Record_WithAnyByteOfThePrivateKeyChanged_IsRefused()
    {
        await _fixture.InitializedAsync();
        var size = (await _fixture.Store.LoadAsync(CancellationToken.None))[0].ProtectedPrivateKey.Length;
        for (var i = 0; i < size; i++)
        {
            _fixture.Store.Tamper(k => Flip(k, i));
            await Assert.ThrowsAsync<AuthorityKeyException>(() => _fixture.NewAuthority().InitializeAsync(CancellationToken.None));
            _fixture.Store.Tamper(k => Flip(k, i));
        }

        await _fixture.InitializedAsync();
    }

    [Fact]
    public async Task Record_CutShortOrWithoutPublicKey_IsRefused()
    {
        await _fixture.InitializedAsync();
        _fixture.Store.Tamper(k => k with { ProtectedPrivateKey = k.ProtectedPrivateKey[..^1] });
        await AssertDamagedAsync();
        _fixture.Store.Tamper(k => k with { ProtectedPrivateKey = [] });
        await AssertDamagedAsync();
        _fixture.Store.Tamper(k => k with { PublicKey = "ssh-ed25519 AAAA" });
        await AssertDamagedAsync();
    }

    // A private key moved to another record, purpose or public key would sign what it must not.
    [Fact]
    public async Task Record_WithThePrivateKeyOfAnother_IsRefused()
    {
        await _fixture.InitializedAsync();
        var keys = await _fixture.Store.LoadAsync(CancellationToken.None);
        _fixture.Store.Tamper(k => k with { ProtectedPrivateKey = keys.First(o => o.Id != k.Id).ProtectedPrivateKey });
        await AssertDamagedAsync();
        _fixture.Store.Tamper(k => keys.First(o => o.PublicKey == k.PublicKey) with { Purpose = (AuthorityPurpose)(3 - (int)k.Purpose) });
        await AssertDamagedAsync();
        _fixture.Store.Tamper(k => keys.First(o => o.PublicKey == k.PublicKey) with { Id = Guid.NewGuid() });
        await AssertDamagedAsync();
    }

    // A gateway that was started with another master key, or meets a damaged record, must not keep what others retire.
    [Theory]
    [InlineData("damaged private half")]
    [InlineData("damaged public half")]
    [InlineData("another master key")]
    public async Task KeyThatCannotBeRead_FreezesNoOther(string fault)
    {
        var signing = await _fixture.InitializedAsync();
        var old = Assert.Single(signing.TrustedUserAuthorities);
        var retired = signing.Keys.Single(k => k.PublicKey.Equals(old));
        await signing.RotateAsync(AuthorityPurpose.UserCertificates, CancellationToken.None);
        var gateway = await _fixture.InitializedAsync();
        var host = Assert.Single(gateway.TrustedHostAuthorities);
        Assert.Contains(old, gateway.TrustedUserAuthorities);

        switch (fault)
        {
            case "damaged public half":
                _fixture.Store.Tamper(k => k.Purpose == AuthorityPurpose.HostCertificates ? k with { PublicKey = "ssh-ed25519 AAAA" } : k);
                break;
            case "damaged private half":
                await signing.RotateAsync(AuthorityPurpose.HostCertificates, CancellationToken.None);
                _fixture.Store.Tamper(k => k is { Purpose: AuthorityPurpose.HostCertificates, State: AuthorityKeyState.Active } ? Flip(k, 30) : k);
                break;
            default:
                await RotateUnderAnotherMasterKeyAsync();
                break;
        }

        Assert.True(await _fixture.Store.TryRetireAsync(retired.Id, CancellationToken.None));
        await Assert.ThrowsAsync<AuthorityKeyException>(() => gateway.ReloadAsync(CancellationToken.None));

        // The one that is retired is out; one that nobody could open here never comes in.
        Assert.DoesNotContain(old, gateway.TrustedUserAuthorities);
        Assert.Single(gateway.TrustedUserAuthorities);
        Assert.Single(gateway.UnreadableKeys);
        Assert.Equal(fault == "damaged public half" ? [] : [host], gateway.TrustedHostAuthorities);

        // What is sound signs on.
        Assert.IsType<SigningOutcome.Issued>(await gateway.SignUserCertificateAsync(_fixture.NewRequest(), CancellationToken.None));
    }

    [Fact]
    public async Task KeyThatSignsNoMore_AndCannotBeRead_IsNotTrustedAndStopsNothing()
    {
        var first = await _fixture.InitializedAsync();
        var old = first.Keys.Single(k => k.Purpose == AuthorityPurpose.UserCertificates);
        await first.RotateAsync(AuthorityPurpose.UserCertificates, CancellationToken.None);
        _fixture.Store.Tamper(k => k.Id == old.Id ? k with { PublicKey = "ssh-ed25519 AAAA" } : k);

        var second = await _fixture.InitializedAsync();
        Assert.DoesNotContain(old.PublicKey, second.TrustedUserAuthorities);
        Assert.Equal([old.Id], second.UnreadableKeys);
        Assert.True(await second.RetireAsync(old.Id, CancellationToken.None));
    }

    [Fact]
    public async Task Store_HoldsNoPrivateKeyInTheClear()
    {
        await _fixture.InitializedAsync();
        var stored = await File.ReadAllTextAsync(_fixture.PathOf("keys.json"));
        Assert.DoesNotContain("PRIVATE", stored.Replace("ProtectedPrivateKey", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        var protections = (await _fixture.Store.LoadAsync(CancellationToken.None)).Select(k => Encoding.Latin1.GetString(k.ProtectedPrivateKey)).ToList();
        Assert.Equal(protections.Count, protections.Distinct().Count());
    }

    [Fact]
    public void Authority_BeforeInitialize_SaysSo() =>
        Assert.Throws<InvalidOperationException>(() => _fixture.NewAuthority().TrustedUserAuthorities);

    private async Task RotateUnderAnotherMasterKeyAsync()
    {
        using var master = new MasterKey(RandomNumberGenerator.GetBytes(MasterKey.Size));
        using var random = RandomNumberGenerator.Create();
        using var key = Ed25519PrivateKey.Generate();
        var id = Guid.NewGuid();
        var active = (await _fixture.Store.LoadAsync(CancellationToken.None)).Single(k => k.Purpose == AuthorityPurpose.HostCertificates);
        var record = active with
        {
            Id = id,
            PublicKey = key.PublicKey.ToAuthorizedKey(),
            ProtectedPrivateKey = new PrivateKeyProtection(master, random).Protect(id, active.Purpose, key),
            CreatedAt = active.CreatedAt.AddDays(1),
        };
        Assert.True(await _fixture.Store.TryAddActiveAsync(record, active.Id, CancellationToken.None));
    }

    private static AuthorityKeyRecord Flip(AuthorityKeyRecord key, int index)
    {
        var bytes = key.ProtectedPrivateKey.ToArray();
        bytes[index] ^= 0x10;
        return key with { ProtectedPrivateKey = bytes };
    }

    private async Task AssertDamagedAsync()
    {
        var exception = await Assert.ThrowsAsync<AuthorityKeyException>(() => _fixture.NewAuthority().InitializeAsync(CancellationToken.None));
        Assert.Contains("is damaged; restore the database", exception.Message, StringComparison.Ordinal);
    }
}
