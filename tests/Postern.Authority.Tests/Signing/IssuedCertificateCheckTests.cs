using System.Security.Cryptography;
using Postern.Ssh.Keys;

namespace Postern.Authority.Tests;

/// <summary>Item 26: a certificate that comes from a signer holds exactly what was asked for, or does not leave.</summary>
public sealed class IssuedCertificateCheckTests : IDisposable
{
    private readonly Ed25519PrivateKey _authority = Ed25519PrivateKey.Generate();
    private readonly RandomNumberGenerator _random = RandomNumberGenerator.Create();

    private readonly CertificateStatement _statement = new()
    {
        Key = PublicKey.ParseAuthorizedKey(AuthorityFixture.NewKey()).Key,
        Type = CertificateType.User,
        Serial = 1,
        KeyId = "alice",
        Principals = ["alice"],
        ValidAfter = 1,
        ValidBefore = 2,
        CriticalOptions = [new("source-address", "::1")],
        Extensions = [new("permit-pty", "")],
    };

    public static TheoryData<string> Fields => ["key", "type", "serial", "key id", "principals", "validity", "critical options", "extensions"];

    public void Dispose()
    {
        _authority.Dispose();
        _random.Dispose();
    }

    [Fact]
    public void Certificate_ThatIsAsAskedFor_Passes() =>
        IssuedCertificateCheck.Require(Sign(_authority, _statement), _statement, _authority.PublicKey);

    [Theory]
    [MemberData(nameof(Fields))]
    public void Certificate_WithAnotherField_IsRefused(string field)
    {
        var other = field switch
        {
            "key" => _statement with { Key = PublicKey.ParseAuthorizedKey(AuthorityFixture.NewKey()).Key },
            "type" => _statement with { Type = CertificateType.Host },
            "serial" => _statement with { Serial = 2 },
            "key id" => _statement with { KeyId = "bob" },
            "principals" => _statement with { Principals = ["alice", "root"] },
            "validity" => _statement with { ValidBefore = 3 },
            "critical options" => _statement with { CriticalOptions = [] },
            _ => _statement with { Extensions = [new("permit-pty", ""), new("permit-user-rc", "")] },
        };
        var exception = Assert.Throws<InvalidOperationException>(
            () => IssuedCertificateCheck.Require(Sign(_authority, other), _statement, _authority.PublicKey));
        Assert.Contains($"another {field} ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Certificate_OfAnotherAuthority_IsRefused()
    {
        using var other = Ed25519PrivateKey.Generate();
        Assert.Throws<InvalidOperationException>(
            () => IssuedCertificateCheck.Require(Sign(other, _statement), _statement, _authority.PublicKey));
    }

    private Certificate Sign(ISigner authority, CertificateStatement statement) => new CertificateBuilder(authority, _random).Sign(statement);
}
