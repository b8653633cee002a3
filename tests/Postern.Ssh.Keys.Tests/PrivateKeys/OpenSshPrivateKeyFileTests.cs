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

    [Fact]
    public void File_WithPassphrase_IsRefusedWithACure()
    {
        _keygen.Run("-q", "-t", "ed25519", "-N", "secret", "-f", _keygen.PathOf("encrypted"));
        AssertRefused(File.ReadAllBytes(_keygen.PathOf("encrypted")), "ssh-keygen -p");
    }

    [Fact]
    public void File_OfAnotherType_IsRefused()
    {
        _keygen.Generate("ecdsa", "-t", "ecdsa");
        AssertRefused(File.ReadAllBytes(_keygen.PathOf("ecdsa")), "not of type ssh-ed25519");
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
    [Fact]
    public void File_WithAnyByteChanged_IsRefusedOrTheSameKey()
    {
        using var key = Ed25519PrivateKey.Generate();
        var file = OpenSshPrivateKeyFile.Write(key, "comment");
        for (var i = 0; i < file.Length; i++)
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

    private static void AssertRefusedOrSame(byte[] file, Ed25519PrivateKey key)
    {
        try
        {
            using var read = OpenSshPrivateKeyFile.Read(file);
            Assert.Equal(key.PublicKey, read.PublicKey);
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
