using System.Text;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys.Tests;

public sealed class OpenSshPrivateKeyFileTests : IDisposable
{
    private readonly SshKeygen _keygen = new();

    public void Dispose() => _keygen.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("postern host key äöü")]
    public void File_OfOurs_IsReadByKeygenAndByUs(string comment)
    {
        using var key = Ed25519PrivateKey.Generate();
        var file = OpenSshPrivateKeyFile.Write(key, comment);
        _keygen.Write("ours", file);
        Assert.Equal(key.PublicKey.ToAuthorizedKey(comment), _keygen.Run("-y", "-f", "ours").TrimEnd());

        using var read = OpenSshPrivateKeyFile.Read(file);
        Assert.Equal(key.PublicKey, read.PublicKey);
        Assert.Equal(key.Sign("ssh-ed25519", [1]), read.Sign("ssh-ed25519", [1]));
    }

    [Fact]
    public void File_OfKeygen_IsRead()
    {
        var line = _keygen.Generate("theirs", "-t", "ed25519");
        using var key = OpenSshPrivateKeyFile.Read(File.ReadAllBytes(_keygen.PathOf("theirs")));
        Assert.Equal(PublicKey.ParseAuthorizedKey(line).Key, key.PublicKey);

        // The longest layout differs only in line ends, as other editors write them.
        using var again = OpenSshPrivateKeyFile.Read(Encoding.ASCII.GetBytes(_keygen.Read("theirs").ReplaceLineEndings("\r\n")));
        Assert.Equal(key.PublicKey, again.PublicKey);
    }

    [Theory]
    [InlineData("ecdsa", "256", "ecdsa-sha2-nistp256")]
    [InlineData("ecdsa", "384", "ecdsa-sha2-nistp384")]
    [InlineData("ecdsa", "521", "ecdsa-sha2-nistp521")]
    [InlineData("rsa", "2048", "rsa-sha2-512")]
    [InlineData("rsa", "3072", "rsa-sha2-256")]
    public void File_OfAnyTypeOfKeygen_IsReadWrittenAndSignsAlike(string type, string bits, string algorithm)
    {
        var line = _keygen.Generate("theirs", "-t", type, "-b", bits);
        using var key = OpenSshPrivateKeyFile.Read(File.ReadAllBytes(_keygen.PathOf("theirs")));
        var publicKey = PublicKey.ParseAuthorizedKey(line).Key;
        Assert.Equal(publicKey, key.PublicKey);
        Assert.True(publicKey.Verify(algorithm, [1, 2], key.Sign(algorithm, [1, 2])));

        _keygen.Write("ours", OpenSshPrivateKeyFile.Write(key, "again"));
        Assert.Equal(key.PublicKey.ToAuthorizedKey("again"), _keygen.Run("-y", "-f", "ours").TrimEnd());
        using var again = OpenSshPrivateKeyFile.Read(File.ReadAllBytes(_keygen.PathOf("ours")));
        Assert.True(publicKey.Verify(algorithm, [1, 2], again.Sign(algorithm, [1, 2])));
    }

    // Private numbers often begin with zero bytes, which mpints leave out.
    [Fact]
    public void Files_OfManyKeys_AreReadAgain()
    {
        for (var i = 0; i < 300; i++)
        {
            using var key = EcdsaPrivateKey.Generate("ecdsa-sha2-nistp256");
            using var read = OpenSshPrivateKeyFile.Read(OpenSshPrivateKeyFile.Write(key, ""));
            Assert.Equal(key.PublicKey, read.PublicKey);
        }
    }

    [Fact]
    public void File_WithPassphrase_IsRefusedWithACure()
    {
        _keygen.Run("-q", "-t", "ed25519", "-N", "secret", "-f", _keygen.PathOf("encrypted"));
        AssertRefused(File.ReadAllBytes(_keygen.PathOf("encrypted")), "ssh-keygen -p");
    }

    [Fact]
    public void File_OfAnUnknownType_IsRefused()
    {
        _keygen.Generate("dsa", "-t", "dsa");
        AssertRefused(File.ReadAllBytes(_keygen.PathOf("dsa")), "not supported");
    }

    [Theory]
    [InlineData("")]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----")]
    public void File_OfAnotherFormat_IsRefused(string content) =>
        AssertRefused(Encoding.ASCII.GetBytes(content), "does not begin and end");

    [Fact]
    public void File_TooLarge_IsRefused() =>
        AssertRefused(new byte[OpenSshPrivateKeyFile.MaximumSize + 1], "exceeds");

    // The comment and the check numbers are not covered by anything; all else is.
    [Theory]
    [InlineData("ssh-ed25519", 1)]
    [InlineData("ecdsa-sha2-nistp256", 1)]
    [InlineData("ssh-rsa", 7)]
    public void File_WithAnyByteChanged_IsRefusedOrTheSameKey(string type, int step)
    {
        using PrivateKey key = type switch
        {
            "ssh-rsa" => RsaPrivateKey.Generate(2048),
            "ssh-ed25519" => Ed25519PrivateKey.Generate(),
            _ => EcdsaPrivateKey.Generate(type),
        };
        var file = OpenSshPrivateKeyFile.Write(key, "comment");
        for (var i = 0; i < file.Length; i += step)
        {
            foreach (var mask in new byte[] { 0x01, 0x04, 0x40, 0x80 })
            {
                var changed = file.ToArray();
                changed[i] ^= mask;
                AssertRefusedOrSame(changed, key);
            }

            AssertRefusedOrSame(file[..i], key);
        }
    }

    private static void AssertRefusedOrSame(byte[] file, PrivateKey key)
    {
        try
        {
            using var read = OpenSshPrivateKeyFile.Read(file);
            Assert.Equal(key.PublicKey, read.PublicKey);
            var algorithm = key.PublicKey.SignatureAlgorithms[0];
            Assert.True(key.PublicKey.Verify(algorithm, [7], read.Sign(algorithm, [7])));
        }
        catch (WireFormatException)
        {
            // Refused, as most are.
        }
    }

    private static void AssertRefused(byte[] file, string reason)
    {
        var exception = Assert.Throws<WireFormatException>(() => OpenSshPrivateKeyFile.Read(file).Dispose());
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }
}
