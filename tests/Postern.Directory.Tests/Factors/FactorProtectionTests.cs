using System.Security.Cryptography;
using Postern.Directory.Factors;

namespace Postern.Directory.Tests.Factors;

public sealed class FactorProtectionTests : IDisposable
{
    private static readonly Guid Ada = new("11111111-1111-1111-1111-111111111111");
    private static readonly Guid Eve = new("22222222-2222-2222-2222-222222222222");

    private readonly FactorProtection _protection = new(new byte[FactorProtection.KeySize]);

    public void Dispose() => _protection.Dispose();

    [Fact]
    public void Secret_ComesBack_AndLooksDifferentEachTime()
    {
        var secret = Totp.CreateSecret();
        var first = _protection.Protect(Ada, secret);
        var second = _protection.Protect(Ada, secret);
        Assert.Equal(secret, _protection.Unprotect(Ada, first));
        Assert.Equal(secret, _protection.Unprotect(Ada, second));
        Assert.NotEqual(first, second);
        Assert.Equal(-1, first.AsSpan().IndexOf(secret));
    }

    [Fact]
    public void Record_OfAnotherAccountOrKey_DoesNotOpen()
    {
        var record = _protection.Protect(Ada, Totp.CreateSecret());
        Assert.Throws<CryptographicException>(() => _protection.Unprotect(Eve, record));
        using var other = new FactorProtection(Enumerable.Repeat((byte)1, FactorProtection.KeySize).ToArray());
        Assert.Throws<CryptographicException>(() => other.Unprotect(Ada, record));
    }

    [Fact]
    public void Record_ThatIsDamagedAnywhere_DoesNotOpen()
    {
        var record = _protection.Protect(Ada, Totp.CreateSecret());
        for (var i = 0; i < record.Length; i++)
        {
            var damaged = (byte[])record.Clone();
            damaged[i] ^= 1;
            Assert.Throws<CryptographicException>(() => _protection.Unprotect(Ada, damaged));
            Assert.Throws<CryptographicException>(() => _protection.Unprotect(Ada, record.AsSpan(0, i)));
        }
    }

    [Fact]
    public void Hash_DependsOnAccountAndKey()
    {
        using var other = new FactorProtection(Enumerable.Repeat((byte)1, FactorProtection.KeySize).ToArray());
        Assert.Equal(_protection.HashRecoveryCode(Ada, "k7pd-w3xn-9hqe"), _protection.HashRecoveryCode(Ada, "k7pd-w3xn-9hqe"));
        Assert.NotEqual(_protection.HashRecoveryCode(Ada, "k7pd-w3xn-9hqe"), _protection.HashRecoveryCode(Eve, "k7pd-w3xn-9hqe"));
        Assert.NotEqual(_protection.HashRecoveryCode(Ada, "k7pd-w3xn-9hqe"), other.HashRecoveryCode(Ada, "k7pd-w3xn-9hqe"));
    }
}
