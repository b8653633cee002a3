using System.Text;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys.Tests;

/// <summary>Keys and signatures made by <c>ssh-keygen</c>.</summary>
public sealed class RealKeyTests : IDisposable
{
    private readonly SshKeygen _keygen = new();

    public void Dispose() => _keygen.Dispose();

    [Theory]
    [InlineData("ssh-ed25519", "-t", "ed25519")]
    [InlineData("ssh-rsa", "-t", "rsa", "-b", "2048")]
    [InlineData("ssh-rsa", "-t", "rsa", "-b", "3071")]
    [InlineData("ecdsa-sha2-nistp256", "-t", "ecdsa", "-b", "256")]
    [InlineData("ecdsa-sha2-nistp384", "-t", "ecdsa", "-b", "384")]
    [InlineData("ecdsa-sha2-nistp521", "-t", "ecdsa", "-b", "521")]
    public void Key_IsReadAndPrintedAsKeygenDoes(string type, params string[] arguments)
    {
        var line = _keygen.Generate("key", arguments);
        var (key, comment) = PublicKey.ParseAuthorizedKey(line);

        Assert.Equal(type, key.Type);
        Assert.Equal("somebody@somewhere", comment);
        Assert.Equal(line.TrimEnd(), key.ToAuthorizedKey(comment));
        Assert.Equal(key, PublicKey.Read(key.Blob.Span));
        Assert.Equal(key.GetHashCode(), PublicKey.Read(key.Blob.Span).GetHashCode());
        Assert.Contains(key.Sha256Fingerprint + " ", _keygen.Run("-l", "-f", "key.pub"), StringComparison.Ordinal);
        var md5 = _keygen.Run("-l", "-E", "md5", "-f", "key.pub").Replace(":", "", StringComparison.Ordinal);
        Assert.Contains("MD5" + key.Md5Fingerprint + " ", md5, StringComparison.Ordinal);
    }

    // Item 11: whatever differs from what was signed, or how, does not verify.
    [Theory]
    [InlineData("-t", "ed25519")]
    [InlineData("-t", "rsa", "-b", "2048")]
    [InlineData("-t", "ecdsa", "-b", "256")]
    [InlineData("-t", "ecdsa", "-b", "384")]
    [InlineData("-t", "ecdsa", "-b", "521")]
    public void Signature_OfKeygen_Verifies(params string[] arguments)
    {
        var key = PublicKey.ParseAuthorizedKey(_keygen.Generate("key", arguments)).Key;
        var message = Encoding.UTF8.GetBytes("a message");
        _keygen.Write("message", message);
        _keygen.Run("-q", "-Y", "sign", "-f", "key", "-n", "test", "message");
        var (signedKey, signature) = SshSignature.Read(_keygen.Read("message.sig"));
        var signed = SshSignature.SignedData("test", message);
        var algorithm = new WireReader(signature).ReadName(WireLimits.Name);

        Assert.Equal(key, signedKey);
        Assert.Contains(algorithm, key.SignatureAlgorithms);
        Assert.True(key.Verify(algorithm, signed, signature));
        Assert.False(key.Verify(algorithm, [.. signed, 0], signature));
        Assert.False(key.Verify(algorithm, signed, [.. signature, 0]));
        Assert.All(
            PublicKeyAlgorithm.All.Select(a => a.Name).Append("ssh-rsa").Append("").Where(a => a != algorithm),
            a => Assert.False(key.Verify(a, signed, signature), a));
        for (var i = 0; i < signature.Length; i++)
        {
            var changed = signature.ToArray();
            changed[i] ^= 0x80;
            Assert.False(key.Verify(algorithm, signed, changed), $"byte {i}");
            Assert.False(key.Verify(algorithm, signed, signature.AsSpan(0, i)), $"cut at {i}");
        }
    }

    [Theory]
    [InlineData("ssh-ed25519")]
    [InlineData("ecdsa-sha2-nistp256")]
    [InlineData("ecdsa-sha2-nistp384")]
    [InlineData("ecdsa-sha2-nistp521")]
    [InlineData("rsa-sha2-256")]
    [InlineData("rsa-sha2-512")]
    public void Signature_OfOurs_IsVerifiedByKeygen(string algorithm)
    {
        using var key = SshSignature.NewKey(algorithm);
        var signer = (ISigner)key;
        var message = Encoding.UTF8.GetBytes("a message");
        // Many, so that short and padded numbers r and s occur.
        for (var i = 0; i < 64; i++)
        {
            Assert.True(signer.PublicKey.Verify(algorithm, [(byte)i], signer.Sign(algorithm, [(byte)i])));
        }

        var signature = SshSignature.Write(signer.PublicKey, "test", signer.Sign(algorithm, SshSignature.SignedData("test", message)));
        Assert.Contains("Good \"test\" signature", SshSignature.VerifyByKeygen(_keygen, signer.PublicKey, signature, message), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => signer.Sign("ssh-rsa", message));
    }

    // Every decoder: no exception but WireFormatException, whatever is changed.
    [Theory]
    [InlineData("-t", "ed25519")]
    [InlineData("-t", "rsa", "-b", "2048")]
    [InlineData("-t", "ecdsa", "-b", "256")]
    [InlineData("-t", "ecdsa", "-b", "521")]
    public void Key_WithAnyByteChanged_IsAnotherKeyOrRefused(params string[] arguments)
    {
        var key = PublicKey.ParseAuthorizedKey(_keygen.Generate("key", arguments)).Key;
        var blob = key.Blob.ToArray();
        for (var i = 0; i < blob.Length; i++)
        {
            foreach (var mask in new byte[] { 0x01, 0x80 })
            {
                var changed = blob.ToArray();
                changed[i] ^= mask;
                try
                {
                    Assert.NotEqual(key, PublicKey.Read(changed));
                }
                catch (WireFormatException)
                {
                    // Refused, as it should be when the form is broken.
                }
            }

            Assert.Throws<WireFormatException>(() => PublicKey.Read(blob.AsSpan(0, i)));
        }

        Assert.Throws<WireFormatException>(() => PublicKey.Read([.. blob, 0]));
    }
}
