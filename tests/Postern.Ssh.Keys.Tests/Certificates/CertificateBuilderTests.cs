using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys.Tests;

public sealed class CertificateBuilderTests : IDisposable
{
    private readonly CertificateWorkshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    // Item 18.
    [Fact]
    public void Statement_WithoutPrincipals_IsNotSigned() =>
        Assert.Throws<ArgumentException>(() => _workshop.Sign(_workshop.Statement with { Principals = [] }));

    // Item 21: a validity that never comes.
    [Theory]
    [InlineData(2000, 1000)]
    [InlineData(1000, 1000)]
    public void Statement_ThatEndsBeforeItBegins_IsNotSigned(ulong after, ulong before) =>
        Assert.Throws<ArgumentException>(() => _workshop.Sign(_workshop.Statement with { ValidAfter = after, ValidBefore = before }));

    [Fact]
    public void Statement_WithARepeatedOption_IsNotSigned()
    {
        CertificateOption[] repeated = [new("a", "1"), new("a", "2")];
        Assert.Throws<ArgumentException>(() => _workshop.Sign(_workshop.Statement with { CriticalOptions = repeated }));
        Assert.Throws<ArgumentException>(() => _workshop.Sign(_workshop.Statement with { Extensions = repeated }));
    }

    [Fact]
    public void Statement_ThatAReaderWouldRefuse_IsNotSigned()
    {
        Assert.Throws<WireFormatException>(() => _workshop.Sign(_workshop.Statement with { Principals = [""] }));
        Assert.Throws<WireFormatException>(() => _workshop.Sign(_workshop.Statement with { KeyId = "a\nb" }));
        Assert.Throws<WireFormatException>(() => _workshop.Sign(_workshop.Statement with { Extensions = [new("with blank", "")] }));
        var large = new string('x', CertificateLimits.OptionValue - 4);
        Assert.Throws<WireFormatException>(() => _workshop.Sign(_workshop.Statement with { Extensions = [new("a", large), new("b", large), new("c", large)] }));
    }

    [Fact]
    public void Certificates_OfOneStatement_DifferInTheirNonce() =>
        Assert.NotEqual(_workshop.Sign(_workshop.Statement).Blob.ToArray(), _workshop.Sign(_workshop.Statement).Blob.ToArray());

    [Theory]
    [InlineData("ssh-ed25519")]
    [InlineData("ecdsa-sha2-nistp256")]
    [InlineData("ecdsa-sha2-nistp384")]
    [InlineData("ecdsa-sha2-nistp521")]
    [InlineData("rsa-sha2-512")]
    public void Authority_OfEveryType_Signs(string algorithm)
    {
        using var key = SshSignature.NewKey(algorithm);
        using var random = System.Security.Cryptography.RandomNumberGenerator.Create();
        var certificate = new CertificateBuilder((ISigner)key, random).Sign(_workshop.Statement);
        Assert.Equal(algorithm, certificate.SignatureAlgorithm);
        Assert.Equal(certificate.Blob.ToArray(), Certificate.Read(certificate.Blob.Span).Blob.ToArray());
    }
}
