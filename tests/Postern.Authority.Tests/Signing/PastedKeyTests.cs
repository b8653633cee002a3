using Postern.Authority.Signing;
using Postern.Ssh.Keys;

namespace Postern.Authority.Tests.Signing;

public class PastedKeyTests
{
    [Fact]
    public void Line_IsReadWithItsComment()
    {
        using var pair = Ed25519PrivateKey.Generate();
        Assert.True(PastedKey.TryRead($"  {pair.PublicKey.ToAuthorizedKey()} ada@laptop\r\n", out var key, out _));
        Assert.Equal(pair.PublicKey, key.Key);
        Assert.Equal("ada@laptop", key.Comment);
    }

    [Theory]
    [InlineData(null, "missing")]
    [InlineData("", "missing")]
    [InlineData(" \n ", "missing")]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----", "private key")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "private key")]
    [InlineData("-----begin encrypted private key-----", "private key")]
    [InlineData("b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ", "private key")]
    [InlineData("PuTTY-User-Key-File-3: ssh-ed25519", "private key")]
    [InlineData("ssh-ed25519 AAAA\nssh-ed25519 BBBB", "one line")]
    [InlineData("---- BEGIN SSH2 PUBLIC KEY ----\nAAAA", "ssh-keygen -i")]
    [InlineData("-----BEGIN PUBLIC KEY-----\nMIIB", "ssh-keygen -i")]
    [InlineData("SHA256:abcdefgh", "fingerprint")]
    [InlineData("~/.ssh/id_ed25519.pub", "name of a file")]
    [InlineData("id_rsa", "name of a file")]
    [InlineData("ssh-ed25519-cert-v01@openssh.com AAAA", "certificate")]
    [InlineData("ssh-dss AAAAB3NzaC1kc3M", "not a public key")]
    [InlineData("hello", "not a public key")]
    public void Mistake_IsNamed(string? text, string fault)
    {
        Assert.False(PastedKey.TryRead(text, out _, out var said));
        Assert.Contains(fault, said, StringComparison.Ordinal);
    }

    [Fact]
    public void Fault_NeverRepeatsWhatWasPasted()
    {
        const string secret = "c2VjcmV0c2VjcmV0c2VjcmV0";
        foreach (var text in new[]
        {
            $"-----BEGIN OPENSSH PRIVATE KEY-----\n{secret}\n-----END OPENSSH PRIVATE KEY-----",
            $"ssh-ed25519 {secret}", secret, $"{secret} {secret}", $"ssh-rsa {secret} comment",
        })
        {
            Assert.False(PastedKey.TryRead(text, out _, out var said));
            Assert.DoesNotContain(secret, said, StringComparison.Ordinal);
        }
    }
}
