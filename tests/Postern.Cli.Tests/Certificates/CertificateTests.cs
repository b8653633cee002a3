using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Postern.Cli.Certificates;
using Postern.Cli.Sessions;
using Postern.Cli.Tests.Testing;

namespace Postern.Cli.Tests.Certificates;

public sealed class CertificateTests : IDisposable
{
    private readonly CertificateAuthority _authority = new();
    private readonly string _directory = Directory.CreateTempSubdirectory("postern-cert-").FullName;
    private readonly string _key;

    public CertificateTests()
    {
        Tool.Require("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(_directory, "id_ed25519"));
        _key = File.ReadAllText(Path.Combine(_directory, "id_ed25519.pub")).Trim();
    }

    [Fact]
    public void RealCertificate_IsReadWhole()
    {
        var certificate = OpenSshCertificate.Parse(_authority.Sign(_key, "user-1", "-1m:+1h", "has-mfa@x.test", "access-id@y.test=abc"));
        Assert.Equal("ssh-ed25519-cert-v01@openssh.com", certificate.KeyType);
        Assert.Equal("user-1", certificate.KeyId);
        Assert.Equal(["user-1"], certificate.Principals);
        Assert.True(certificate.IsForUser);
        Assert.True(certificate.HasMfa);
        Assert.False(certificate.IsApp);
        Assert.Equal("abc", certificate.Extension("access-id"));
        Assert.Contains("permit-pty", certificate.Extensions.Keys);
        Assert.Equal(CertificateFiles.Blob(_key), certificate.KeyBlob);
        Assert.InRange((certificate.ValidBefore - DateTimeOffset.UtcNow).TotalMinutes, 58, 61);
    }

    [Fact]
    public void RsaCertificate_IsRead()
    {
        var rsa = Path.Combine(_directory, "rsa");
        Tool.Require("ssh-keygen", "-q", "-t", "rsa", "-b", "2048", "-N", "", "-f", rsa);
        var line = File.ReadAllText(rsa + ".pub").Trim();
        Assert.Equal(CertificateFiles.Blob(line), OpenSshCertificate.Parse(_authority.Sign(line, "u")).KeyBlob);
    }

    [Fact]
    public void CutOrChangedCertificate_IsAFormatError()
    {
        var parts = _authority.Sign(_key, "user-1").Split(' ');
        var blob = Convert.FromBase64String(parts[1]);
        for (var length = 0; length < blob.Length; length += 3)
        {
            Assert.Throws<FormatException>(() => OpenSshCertificate.Parse($"{parts[0]} {Convert.ToBase64String(blob[..length])}"));
        }

        Assert.Throws<FormatException>(() => OpenSshCertificate.Parse($"{parts[0]} {Convert.ToBase64String([.. blob, 0])}"));
        Assert.Throws<FormatException>(() => OpenSshCertificate.Parse($"ssh-rsa-cert-v01@openssh.com {parts[1]}"));
        foreach (var line in new[] { "", "x", "ssh-ed25519 AAAA", _key, "ssh-ed25519-cert-v01@openssh.com !!!", "ssh-ed25519-cert-v01@openssh.com " + new string('A', 400_000) })
        {
            Assert.Throws<FormatException>(() => OpenSshCertificate.Parse(line));
        }
    }

    [Fact]
    public void Lengths_BeyondTheData_AreFormatErrorsWithoutAllocating()
    {
        var parts = _authority.Sign(_key, "user-1").Split(' ');
        var blob = Convert.FromBase64String(parts[1]);
        for (var i = 0; i + 4 < blob.Length; i++)
        {
            var changed = (byte[])blob.Clone();
            changed.AsSpan(i, 4).Fill(0xff);
            try
            {
                OpenSshCertificate.Parse($"{parts[0]} {Convert.ToBase64String(changed)}");
            }
            catch (FormatException)
            {
                // The only exception there may be.
            }
        }
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(57, true)]
    [InlineData(58.1, false)]
    [InlineData(120, false)]
    public void Certificate_IsValidUntilTwoMinutesBeforeItsEnd(double minutes, bool expected)
    {
        var certificate = OpenSshCertificate.Parse(_authority.Sign(_key, "user-1", "-1m:+1h"));
        Assert.Equal(expected, CertificateRules.IsValid(certificate, certificate.ValidBefore.AddHours(-1).AddMinutes(minutes), "user-1", null));
    }

    [Fact]
    public void Certificate_OfAnotherUser_IsNotValid()
    {
        var certificate = OpenSshCertificate.Parse(_authority.Sign(_key, "user-1"));
        Assert.False(CertificateRules.IsValid(certificate, DateTimeOffset.UtcNow, "user-2", null));
    }

    [Theory]
    [InlineData("""{"amr":["pwd"],"access_id":"a","jti":"2"}""", false)]
    [InlineData("""{"amr":["pwd"],"access_id":"b","jti":"1"}""", true)]
    [InlineData("""{"amr":["pwd","mfa"],"access_id":"a","jti":"1"}""", true)]
    public void Token_ThatSaysSomethingElse_Conflicts(string claims, bool expected)
    {
        var certificate = OpenSshCertificate.Parse(_authority.Sign(
            _key, "user-1", "-1m:+1h", "access-id@p.test=a", "token-id@p.test=1", """token-claims@p.test={"amr":["pwd"]}"""));
        Assert.Equal(expected, CertificateRules.Conflicts(certificate, Claims(claims)));
    }

    [Theory]
    [InlineData("1", false)]
    [InlineData("2", true)]
    public void TokenOfMoreThanAPassword_BelongsToOneCertificate(string tokenId, bool expected)
    {
        var certificate = OpenSshCertificate.Parse(_authority.Sign(
            _key, "user-1", "-1m:+1h", "token-id@p.test=1", """token-claims@p.test={"amr":["pwd","mfa"]}"""));
        Assert.Equal(expected, CertificateRules.Conflicts(certificate, Claims(new JsonObject { ["amr"] = new JsonArray("pwd", "mfa"), ["jti"] = tokenId }.ToJsonString())));
    }

    [Fact]
    public void FilesOfDifferentPairs_AreNotUsed()
    {
        var files = new CertificateFiles(_directory);
        files.SaveCertificate(_authority.Sign(_key, "user-1"));
        Assert.NotNull(files.Load());
        var other = Path.Combine(_directory, "other");
        Tool.Require("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", other);
        files.SaveCertificate(_authority.Sign(File.ReadAllText(other + ".pub").Trim(), "user-1"));
        Assert.Null(files.Load());
        files.SaveCertificate("damaged");
        Assert.Null(files.Load());
    }

    [Fact]
    public void Key_IsKeptForItsLifetime()
    {
        var files = new CertificateFiles(_directory);
        var now = DateTimeOffset.UtcNow;
        Assert.True(files.HasUsableKey(TimeSpan.FromDays(1), now));
        Assert.False(files.HasUsableKey(TimeSpan.FromDays(1), now.AddHours(25)));
        Assert.True(files.HasUsableKey(TimeSpan.Zero, now.AddYears(1)));
        Assert.False(files.HasUsableKey(TimeSpan.FromSeconds(-1), now));
        File.Delete(files.PublicKey);
        Assert.False(files.HasUsableKey(TimeSpan.FromDays(1), now));
    }

    [Theory]
    [InlineData("not.a.jwt")]
    [InlineData("opaque")]
    [InlineData("a.!!!.c")]
    [InlineData("a.W10.c")]
    public void TokenThatIsNotAJwt_HasNoClaims(string token) => Assert.Null(AccessTokenClaims.TryRead(token));

    public void Dispose()
    {
        _authority.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static AccessTokenClaims Claims(string json) =>
        AccessTokenClaims.TryRead($"e30.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json))}.x")!;
}
