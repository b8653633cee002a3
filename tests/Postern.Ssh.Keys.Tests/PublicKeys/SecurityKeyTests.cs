using System.Security.Cryptography;
using System.Text;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys.Tests;

/// <summary>
/// Item 10: signatures of FIDO authenticators. The authenticator here is software, and ssh-keygen is asked each time
/// whether it would accept the signature, so that it and we see the same.
/// </summary>
public sealed class SecurityKeyTests : IDisposable
{
    private const string Ed25519 = "sk-ssh-ed25519@openssh.com";
    private const string Ecdsa = "sk-ecdsa-sha2-nistp256@openssh.com";
    private const string Application = "ssh:";

    private readonly SshKeygen _keygen = new();
    private readonly Ed25519PrivateKey _ed25519 = Ed25519PrivateKey.Generate();
    private readonly ECDsa _ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly byte[] _message = Encoding.UTF8.GetBytes("a message");

    public void Dispose()
    {
        _keygen.Dispose();
        _ed25519.Dispose();
        _ecdsa.Dispose();
    }

    [Theory]
    [InlineData(Ed25519, 0x01, true)]
    [InlineData(Ed25519, 0x05, true)]
    [InlineData(Ed25519, 0x00, false)]
    [InlineData(Ed25519, 0x04, false)]
    [InlineData(Ecdsa, 0x01, true)]
    [InlineData(Ecdsa, 0x05, true)]
    [InlineData(Ecdsa, 0x00, false)]
    [InlineData(Ecdsa, 0x04, false)]
    public void Signature_CountsOnlyWithATouch(string type, byte flags, bool isAccepted)
    {
        var key = Key(type, Application);
        var data = SshSignature.SignedData("test", _message);
        var signature = Sign(type, data, flags, counter: 7);

        Assert.Equal(isAccepted, key.Verify(type, data, signature));
        Assert.Equal(flags == 0x05, key.Verify(type, data, signature, SecurityKeyFlags.UserVerified));
        if (isAccepted)
        {
            var verdict = SshSignature.VerifyByKeygen(_keygen, key, SshSignature.Write(key, "test", signature), _message);
            Assert.Contains("Good \"test\" signature", verdict, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(Ed25519)]
    [InlineData(Ecdsa)]
    public void Signature_ForAnotherApplication_IsRefused(string type) =>
        Assert.False(Key(type, "ssh:other").Verify(type, _message, Sign(type, _message, 0x01, 7)));

    [Theory]
    [InlineData(Ed25519)]
    [InlineData(Ecdsa)]
    public void Signature_WithAnyByteChanged_IsRefused(string type)
    {
        var key = Key(type, Application);
        var signature = Sign(type, _message, 0x01, 7);
        Assert.True(key.Verify(type, _message, signature));
        for (var i = 0; i < signature.Length; i++)
        {
            var changed = signature.ToArray();
            changed[i] ^= 0x80;
            Assert.False(key.Verify(type, _message, changed), $"byte {i}");
            Assert.False(key.Verify(type, _message, signature.AsSpan(0, i)), $"cut at {i}");
        }

        Assert.False(key.Verify(type, _message, [.. signature, 0]));
        Assert.False(key.Verify("ssh-ed25519", _message, signature));
    }

    // A signature made without an authenticator, by a stolen ordinary key of the same point.
    [Fact]
    public void Signature_OfThePlainAlgorithm_IsRefused() =>
        Assert.False(Key(Ed25519, Application).Verify("ssh-ed25519", _message, _ed25519.Sign("ssh-ed25519", _message)));

    [Theory]
    [InlineData(Ed25519)]
    [InlineData(Ecdsa)]
    public void Certificate_ForASecurityKey_IsReadByKeygen(string type)
    {
        using var random = RandomNumberGenerator.Create();
        var key = Key(type, Application);
        var certificate = new CertificateBuilder(_ed25519, random).Sign(new CertificateStatement
        {
            Key = key,
            Type = CertificateType.User,
            Serial = 1,
            KeyId = "id",
            Principals = ["alice"],
            ValidAfter = 1767225600,
            ValidBefore = 1767312000,
        });
        _keygen.Write("id-cert.pub", Encoding.ASCII.GetBytes(certificate.ToAuthorizedKey() + "\n"));
        Assert.Equal(key, certificate.Key);
        Assert.Contains(key.Sha256Fingerprint, _keygen.Run("-L", "-f", "id-cert.pub"), StringComparison.Ordinal);
    }

    // Items 10 and 22: verify-required needs the owner recognised, and no-touch-required never does without the touch.
    [Theory]
    [InlineData(Ed25519, "verify-required", 0x05, true)]
    [InlineData(Ed25519, "verify-required", 0x01, false)]
    [InlineData(Ed25519, "verify-required", 0x04, false)]
    [InlineData(Ed25519, "no-touch-required", 0x01, true)]
    [InlineData(Ed25519, "no-touch-required", 0x00, false)]
    [InlineData(Ecdsa, "verify-required", 0x05, true)]
    [InlineData(Ecdsa, "verify-required", 0x01, false)]
    [InlineData(Ecdsa, "verify-required", 0x00, false)]
    [InlineData(Ecdsa, "no-touch-required", 0x01, true)]
    [InlineData(Ecdsa, "no-touch-required", 0x04, false)]
    [InlineData(Ecdsa, "no-touch-required", 0x00, false)]
    public void Holder_ProvesWhatTheCertificateAsksFor(string type, string option, byte flags, bool isAccepted)
    {
        var certificate = Certify(Key(type, Application), option);
        Assert.Equal(isAccepted, certificate.VerifyHolder(type, _message, Sign(type, _message, flags, counter: 7)));
    }

    // The counter may stand still or go back, as it does when an authenticator is shared or replaced.
    [Theory]
    [InlineData(0u)]
    [InlineData(uint.MaxValue)]
    public void Counter_ProvesNothing(uint counter) =>
        Assert.True(Key(Ed25519, Application).Verify(Ed25519, _message, Sign(Ed25519, _message, 0x01, counter)));

    [Fact]
    public void Holder_WithoutAnAuthenticator_NeverSatisfiesVerifyRequired()
    {
        var signature = _ed25519.Sign("ssh-ed25519", _message);
        Assert.True(Certify(_ed25519.PublicKey, "no-touch-required").VerifyHolder("ssh-ed25519", _message, signature));
        Assert.False(Certify(_ed25519.PublicKey, "verify-required").VerifyHolder("ssh-ed25519", _message, signature));
    }

    // A browser's signatures have another form, and are refused by their name.
    [Fact]
    public void WebAuthentication_IsNoAlgorithm()
    {
        const string Web = "webauthn-sk-ecdsa-sha2-nistp256@openssh.com";
        Assert.Null(PublicKeyAlgorithm.Find(Web));
        var signature = new WireWriter(new byte[1024]);
        signature.WriteText(Web);
        signature.WriteBytes(Sign(Ecdsa, _message, 0x01, 7).AsSpan(4 + Ecdsa.Length));
        Assert.False(Key(Ecdsa, Application).Verify(Web, _message, signature.Written));
        Assert.False(Key(Ecdsa, Application).Verify(Ecdsa, _message, signature.Written));
    }

    private Certificate Certify(PublicKey key, string option)
    {
        using var random = RandomNumberGenerator.Create();
        CertificateOption[] options = [new(option, "")];
        return new CertificateBuilder(_ed25519, random).Sign(new CertificateStatement
        {
            Key = key,
            Type = CertificateType.User,
            Serial = 1,
            KeyId = "id",
            Principals = ["alice"],
            ValidAfter = 1,
            ValidBefore = 2,
            CriticalOptions = option == "verify-required" ? options : [],
            Extensions = option == "verify-required" ? [] : options,
        });
    }

    private SecurityKeyPublicKey Key(string type, string application)
    {
        var writer = new WireWriter(new byte[1024]);
        writer.WriteText(type);
        if (type == Ed25519)
        {
            writer.WriteString(_ed25519.PublicKey.Point.Span);
        }
        else
        {
            var point = _ecdsa.ExportParameters(includePrivateParameters: false).Q;
            writer.WriteText("nistp256");
            writer.WriteString([4, .. point.X!, .. point.Y!]);
        }

        writer.WriteText(application);
        return Assert.IsType<SecurityKeyPublicKey>(PublicKey.Read(writer.Written), exactMatch: false);
    }

    private byte[] Sign(string type, byte[] data, byte flags, uint counter)
    {
        var writer = new WireWriter(new byte[1024]);
        writer.WriteBytes(SHA256.HashData(Encoding.UTF8.GetBytes(Application)));
        writer.WriteByte(flags);
        writer.WriteUInt32(counter);
        writer.WriteBytes(SHA256.HashData(data));
        var assertion = writer.Written.ToArray();

        byte[] value;
        if (type == Ed25519)
        {
            value = _ed25519.Sign("ssh-ed25519", assertion)[^64..];
        }
        else
        {
            var halves = _ecdsa.SignData(assertion, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
            var body = new WireWriter(new byte[128]);
            body.WriteMpint(halves.AsSpan(0, 32));
            body.WriteMpint(halves.AsSpan(32));
            value = body.Written.ToArray();
        }

        var signature = new WireWriter(new byte[1024]);
        signature.WriteText(type);
        signature.WriteString(value);
        signature.WriteByte(flags);
        signature.WriteUInt32(counter);
        return signature.Written.ToArray();
    }
}
