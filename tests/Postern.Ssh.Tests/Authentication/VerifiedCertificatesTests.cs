using Postern.Ssh.Authentication;
using Postern.Ssh.Client;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Ssh.Tests.Client;
using Postern.Ssh.Tests.Fixtures;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Tests.Authentication;

/// <summary>Certificates that are not verified twice, and what is asked each time all the same.</summary>
public sealed class VerifiedCertificatesTests : IDisposable
{
    private readonly Ed25519PrivateKey _authority = Ed25519PrivateKey.Generate();
    private readonly Ed25519PrivateKey _user = Ed25519PrivateKey.Generate();

    public void Dispose()
    {
        _authority.Dispose();
        _user.Dispose();
    }

    [Fact]
    public void Kept_IsFoundByItsBytes()
    {
        var certificates = new VerifiedCertificates();
        var certificate = Certify(1);
        certificates.Keep(certificate);
        Assert.Same(certificate, certificates.Read(certificate.Blob.ToArray()));
    }

    // Security 21: nothing that differs from what was verified may pass for it, be it in one bit of the signature or of any field.
    [Fact]
    public void AnyOtherByte_IsAnotherCertificate()
    {
        var certificates = new VerifiedCertificates();
        var certificate = Certify(1);
        certificates.Keep(certificate);
        var blob = certificate.Blob.ToArray();
        for (var i = 0; i < blob.Length; i++)
        {
            blob[i] ^= 1;
            Assert.Throws<WireFormatException>(() => certificates.Read(blob));
            blob[i] ^= 1;
        }

        Assert.Throws<WireFormatException>(() => certificates.Read(blob.AsMemory(..^1)));
        Assert.Throws<WireFormatException>(() => certificates.Read((byte[])[.. blob, 0]));
        Assert.Throws<WireFormatException>(() => certificates.Read(ReadOnlyMemory<byte>.Empty));
    }

    [Fact]
    public void OnlyRead_IsNotKept()
    {
        var certificates = new VerifiedCertificates();
        certificates.Read(Certify(1).Blob);
        Assert.Equal(0, certificates.Count);
    }

    [Fact]
    public void TooLong_IsNotKept()
    {
        var certificates = new VerifiedCertificates();
        string[] principals = [.. Enumerable.Range(0, 100).Select(i => new string('a', 100) + i)];
        var certificate = ClientConnectionTests.Certify(_authority, _user.PublicKey, CertificateType.User, principals);
        certificates.Keep(certificate);
        Assert.Equal(0, certificates.Count);
        Assert.Equal(100, certificates.Read(certificate.Blob).Principals.Count);
    }

    [Fact]
    public void Many_AreBounded_AndWhoComesOftenStays()
    {
        var certificates = new VerifiedCertificates();
        var regular = Certify(ulong.MaxValue);
        certificates.Keep(regular);
        for (ulong serial = 0; serial < (VerifiedCertificates.GenerationSize * 5) / 2; serial++)
        {
            certificates.Keep(Certify(serial));
            Assert.Same(regular, certificates.Read(regular.Blob.ToArray()));
            Assert.InRange(certificates.Count, 1, 2 * VerifiedCertificates.GenerationSize);
        }
    }

    // Security 21: the signature of the authority is the only thing that is not looked at again.
    [Fact]
    public async Task SecondLogin_IsDecidedAnew()
    {
        await using var fixture = new ClientFixture();
        var config = ClientFixture.Config with { Identities = [new ClientIdentity(_user, Certify(7))] };
        await using (await fixture.ConnectAsync(config))
        {
        }

        await fixture.Serving;
        await using (await fixture.ConnectAsync(config))
        {
            Assert.Same(fixture.Proved[0].Certificate, fixture.Proved[1].Certificate);
        }

        await fixture.Serving;
        fixture.Judge = _ => new AuthenticationOutcome.Refused(null);
        await Assert.ThrowsAsync<ConnectFailedException>(() => fixture.ConnectAsync(config));
        Assert.Equal(3, fixture.Proved.Count);
    }

    // Security 21: a certificate that is known does not stand for the key that it certifies.
    [Fact]
    public async Task KnownCertificate_WithASignatureOfAnotherKey_IsRefused()
    {
        await using var fixture = new ClientFixture();
        var certificate = Certify(7);
        await using (await fixture.ConnectAsync(ClientFixture.Config with { Identities = [new ClientIdentity(_user, certificate)] }))
        {
        }

        await fixture.Serving;
        using var thief = Ed25519PrivateKey.Generate();
        await Assert.ThrowsAsync<ConnectFailedException>(() => fixture.ConnectAsync(
            ClientFixture.Config with { Identities = [new ClientIdentity(new Posing(thief, certificate.Key), certificate)] }));
        Assert.Single(fixture.Proved);
    }

    private Certificate Certify(ulong serial) =>
        ClientConnectionTests.Certify(_authority, _user.PublicKey, CertificateType.User, 0, ulong.MaxValue, $"{serial}");

    private sealed class Posing(ISigner signer, PublicKey other) : ISigner
    {
        public PublicKey PublicKey => other;

        public byte[] Sign(string algorithm, ReadOnlySpan<byte> data) => signer.Sign(algorithm, data);
    }
}
