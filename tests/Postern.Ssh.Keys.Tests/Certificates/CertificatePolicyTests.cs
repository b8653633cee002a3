using System.Net;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys.Tests;

public sealed class CertificatePolicyTests : IDisposable
{
    private readonly CertificateWorkshop _workshop = new();
    private readonly CertificateUse _use;

    public CertificatePolicyTests() => _use = new CertificateUse
    {
        TrustedAuthorities = [_workshop.Authority.PublicKey],
        Type = CertificateType.User,
        Now = DateTimeOffset.FromUnixTimeSeconds(1500),
        Principal = "alice",
        SourceAddress = IPAddress.Parse("192.0.2.1"),
    };

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void Certificate_ThatFits_IsAccepted()
    {
        Assert.Equal(CertificateRefusal.None, Decide(_workshop.Statement, _use));
        Assert.Equal(CertificateRefusal.None, Decide(_workshop.Statement, _use with { Principal = null, SourceAddress = null }));
    }

    // Item 25: no authority is configured.
    [Fact]
    public void Authority_ThatIsNotTrusted_IsRefused()
    {
        using var other = Ed25519PrivateKey.Generate();
        Assert.Equal(CertificateRefusal.Untrusted, Decide(_workshop.Statement, _use with { TrustedAuthorities = [] }));
        Assert.Equal(CertificateRefusal.Untrusted, Decide(_workshop.Statement, _use with { TrustedAuthorities = [other.PublicKey] }));
    }

    // Item 29: several authorities at once.
    [Fact]
    public void Authority_AmongSeveral_IsTrusted()
    {
        using var other = Ed25519PrivateKey.Generate();
        var read = PublicKey.Read(_workshop.Authority.PublicKey.Blob.Span);
        Assert.Equal(CertificateRefusal.None, Decide(_workshop.Statement, _use with { TrustedAuthorities = [other.PublicKey, read] }));
    }

    // The certified key itself is no authority, although it is in every certificate.
    [Fact]
    public void Authority_ThatIsTheHolder_IsRefused()
    {
        var forged = Certificate.Read(_workshop.Forge(signer: _workshop.Holder));
        Assert.Equal(CertificateRefusal.Untrusted, CertificatePolicy.Decide(forged, _use).Refusal);
    }

    // Item 17.
    [Theory]
    [InlineData(CertificateType.Host, CertificateType.User)]
    [InlineData(CertificateType.User, CertificateType.Host)]
    public void Certificate_OfTheOtherType_IsRefused(CertificateType type, CertificateType wanted) =>
        Assert.Equal(CertificateRefusal.WrongType, Decide(_workshop.Statement with { Type = type }, _use with { Type = wanted }));

    // Item 21: valid if after <= now < before.
    [Theory]
    [InlineData(1000, 2000, 999, CertificateRefusal.NotYetValid)]
    [InlineData(1000, 2000, 1000, CertificateRefusal.None)]
    [InlineData(1000, 2000, 1999, CertificateRefusal.None)]
    [InlineData(1000, 2000, 2000, CertificateRefusal.Expired)]
    [InlineData(0, 1, 0, CertificateRefusal.None)]
    [InlineData(0, ulong.MaxValue, 253402300799, CertificateRefusal.None)]
    [InlineData(ulong.MaxValue - 1, ulong.MaxValue, 253402300799, CertificateRefusal.NotYetValid)]
    [InlineData(0, 1000, -5, CertificateRefusal.None)]
    [InlineData(1, 1000, -5, CertificateRefusal.NotYetValid)]
    public void Certificate_HoldsFromItsFirstSecondToItsLast(ulong after, ulong before, long now, CertificateRefusal refusal)
    {
        var use = _use with { Now = DateTimeOffset.FromUnixTimeSeconds(now) };
        Assert.Equal(refusal, Decide(_workshop.Statement with { ValidAfter = after, ValidBefore = before }, use));
    }

    [Theory]
    [InlineData(2000, 1000)]
    [InlineData(1500, 1500)]
    [InlineData(1500, 0)]
    public void Certificate_ThatEndsBeforeItBegins_IsNeverValid(ulong after, ulong before)
    {
        var certificate = Certificate.Read(_workshop.Forge(validAfter: after, validBefore: before));
        Assert.All([0, 999, 1000, 1499, 1500, 1501, 2000, 2001], now => Assert.False(
            CertificatePolicy.Decide(certificate, _use with { Now = DateTimeOffset.FromUnixTimeSeconds(now) }).IsAccepted));
    }

    // Item 18: it once meant everybody.
    [Theory]
    [InlineData("alice")]
    [InlineData("")]
    [InlineData(null)]
    public void Certificate_WithoutPrincipals_IsNobodys(string? principal)
    {
        var certificate = Certificate.Read(_workshop.Forge(principals: (ref WireWriter _) => { }));
        Assert.Empty(certificate.Principals);
        Assert.Equal(CertificateRefusal.NoPrincipals, CertificatePolicy.Decide(certificate, _use with { Principal = principal }).Refusal);
    }

    // Items 19 and 20.
    [Theory]
    [InlineData("alice,root", "root")]
    [InlineData("alice,root", "alice")]
    [InlineData("*", "root")]
    [InlineData("al?ce", "alice")]
    [InlineData("Alice", "alice")]
    [InlineData(" alice", "alice")]
    [InlineData("alice ", "alice")]
    [InlineData("alice", "")]
    [InlineData("alicex", "alice")]
    [InlineData("\u00e4bc", "a\u0308bc")]
    [InlineData("\u0430lice", "alice")]
    public void Principal_ThatIsNotExactlyTheOne_IsRefused(string principal, string wanted) =>
        Assert.Equal(CertificateRefusal.PrincipalMismatch, Decide(_workshop.Statement with { Principals = [principal] }, _use with { Principal = wanted }));

    [Fact]
    public void Principal_AmongSeveral_IsFound() =>
        Assert.Equal(CertificateRefusal.None, Decide(_workshop.Statement with { Principals = ["bob", "alice,bob", "alice"] }, _use));

    // Item 22.
    [Fact]
    public void CriticalOption_ThatNobodyEnforces_IsRefused()
    {
        var statement = _workshop.Statement with { CriticalOptions = [new("force-command", "date"), new("verify-required", "")] };
        Assert.Equal(CertificateRefusal.UnknownCriticalOption, Decide(statement, _use));
        Assert.Equal(CertificateRefusal.UnknownCriticalOption, Decide(statement, _use with { EnforcedCriticalOptions = ["force-command"] }));
        Assert.Equal(CertificateRefusal.UnknownCriticalOption, Decide(statement, _use with { EnforcedCriticalOptions = ["Force-Command", "verify-required"] }));
        Assert.Equal(CertificateRefusal.None, Decide(statement, _use with { EnforcedCriticalOptions = ["force-command", "verify-required"] }));
    }

    // Item 22: a value that means nothing is no better than an option that is unknown.
    [Theory]
    [InlineData("force-command", "")]
    [InlineData("force-command", "true\0false")]
    [InlineData("verify-required", "x")]
    public void CriticalOption_WithAValueThatMeansNothing_IsRefused(string name, string value) =>
        Assert.Equal(
            CertificateRefusal.UnknownCriticalOption,
            Decide(
                _workshop.Statement with { CriticalOptions = [new(name, value)] },
                _use with { EnforcedCriticalOptions = ["force-command", "verify-required"] }));

    [Fact]
    public void Permissions_AreWhatTheExtensionsListAndNothingElse()
    {
        Assert.Equal(CertificatePermissions.None, PermissionsOf());
        Assert.Equal(CertificatePermissions.Terminal, PermissionsOf(new CertificateOption("permit-pty", "")));
        Assert.Equal(CertificatePermissions.None, PermissionsOf(new("permit-pty", "yes"), new("Permit-agent-forwarding", ""), new("permit-X11-forwarding", "")));
        Assert.Equal(
            CertificatePermissions.AgentForwarding | CertificatePermissions.PortForwarding,
            PermissionsOf(new("permit-agent-forwarding", ""), new("permit-port-forwarding", "")));

        CertificatePermissions PermissionsOf(params CertificateOption[] extensions) =>
            _workshop.Sign(_workshop.Statement with { Extensions = extensions }).Permissions;
    }

    [Fact]
    public void Extension_ThatNobodyKnows_IsIgnored() =>
        Assert.Equal(CertificateRefusal.None, Decide(_workshop.Statement with { Extensions = [new("never-seen@example.com", "x")] }, _use));

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1", true)]
    [InlineData("192.0.2.0/24", "192.0.2.1", true)]
    [InlineData("192.0.2.0/24", "192.0.3.1", false)]
    [InlineData("192.0.2.0/24", "::ffff:192.0.2.1", true)]
    [InlineData("::ffff:192.0.2.0/120", "192.0.2.1", true)]
    [InlineData("0.0.0.0/0", "203.0.113.9", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("::/0", "2001:db8::1", true)]
    [InlineData("::/0", "192.0.2.1", false)]
    [InlineData("10.0.0.0/8,2001:db8::/32", "2001:db8::1", true)]
    [InlineData("10.0.0.0/8,2001:db8::/32", "2001:db9::1", false)]
    [InlineData("2001:db8::1", "2001:0db8:0:0::1", true)]
    public void SourceAddress_DecidesByItsRanges(string list, string address, bool isAccepted) =>
        Assert.Equal(
            isAccepted ? CertificateRefusal.None : CertificateRefusal.SourceAddressMismatch,
            Decide(Pinned(list), _use with { SourceAddress = IPAddress.Parse(address) }));

    // Item 9: present but empty is nobody, and so is a list of which a part cannot be read.
    [Theory]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("192.0.2.1,")]
    [InlineData("192.0.2.1, 192.0.2.2")]
    [InlineData("192.0.2.1/24")]
    [InlineData("192.0.2.0/33")]
    [InlineData("192.0.2.0/-1")]
    [InlineData("192.0.2.0/+24")]
    [InlineData("192.0.2.0/")]
    [InlineData("192.0.2.0/24/1")]
    [InlineData("192.0.2")]
    [InlineData("0xc0.0.2.1")]
    [InlineData("0300.0.2.1")]
    [InlineData("3221225985")]
    [InlineData("::/129")]
    [InlineData("fe80::1%1")]
    [InlineData("[::1]")]
    [InlineData("*")]
    [InlineData("!192.0.2.1,0.0.0.0/0")]
    [InlineData("example.com")]
    public void SourceAddress_ThatIsMalformed_MatchesNobody(string list)
    {
        Assert.False(SourceAddressList.IsWellFormed(list));
        Assert.Equal(CertificateRefusal.SourceAddressMismatch, Decide(Pinned(list), _use));
        Assert.Equal(CertificateRefusal.SourceAddressMismatch, Decide(Pinned(list + ",192.0.2.1"), _use));
    }

    [Fact]
    public void SourceAddress_WithoutAnIpAddress_MatchesNobody() =>
        Assert.Equal(CertificateRefusal.SourceAddressMismatch, Decide(Pinned("0.0.0.0/0,::/0"), _use with { SourceAddress = null }));

    [Theory]
    [InlineData(CertificateLimits.SourceAddresses, CertificateRefusal.None)]
    [InlineData(CertificateLimits.SourceAddresses + 1, CertificateRefusal.SourceAddressMismatch)]
    public void SourceAddress_IsLimitedInLength(int count, CertificateRefusal refusal) =>
        Assert.Equal(refusal, Decide(Pinned(string.Join(',', Enumerable.Repeat("192.0.2.1", count))), _use));

    private CertificateStatement Pinned(string list) => _workshop.Statement with { CriticalOptions = [new("source-address", list)] };

    private CertificateRefusal Decide(CertificateStatement statement, CertificateUse use)
    {
        var decision = CertificatePolicy.Decide(_workshop.Sign(statement), use);
        Assert.Equal(decision.Refusal == CertificateRefusal.None, decision.IsAccepted);
        return decision.Refusal;
    }
}
