using System.Text;
using Postern.Ssh.Transport.Interop;

namespace Postern.Ssh.Tests.Transport;

/// <summary>The published vectors of the primitives.</summary>
public class InteropTests
{
    // RFC 7748 section 6.1.
    private const string AlicePrivate = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
    private const string AlicePublic = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a";
    private const string BobPrivate = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb";
    private const string BobPublic = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";
    private const string Shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";

    [Theory]
    [InlineData(AlicePrivate, AlicePublic, BobPublic)]
    [InlineData(BobPrivate, BobPublic, AlicePublic)]
    public void X25519_OfRfc7748_Agrees(string privateKey, string publicKey, string peerPublicKey)
    {
        var computed = new byte[X25519.KeyLength];
        X25519.DerivePublicKey(Convert.FromHexString(privateKey), computed);
        Assert.Equal(publicKey, Convert.ToHexStringLower(computed));

        Assert.True(X25519.TryAgree(Convert.FromHexString(privateKey), Convert.FromHexString(peerPublicKey), computed));
        Assert.Equal(Shared, Convert.ToHexStringLower(computed));
    }

    // Points of small order on the curve and its twist (RFC 7748 section 7, curve25519's author's list).
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    [InlineData("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void X25519_WithAPointOfSmallOrder_IsRefused(string publicKey) =>
        Assert.False(X25519.TryAgree(
            Convert.FromHexString(AlicePrivate), Convert.FromHexString(publicKey), new byte[X25519.KeyLength]));

    // RFC 8439 section 2.4.2; its 32-bit counter and 96-bit nonce lie in the same 16 bytes.
    [Fact]
    public void ChaCha20_OfRfc8439_Encrypts()
    {
        var key = Enumerable.Range(0, 32).Select(i => (byte)i).ToArray();
        var vector = Convert.FromHexString("01000000000000000000004a00000000");
        var text = Encoding.ASCII.GetBytes(
            "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.");
        using var cipher = new ChaCha20(key);
        var output = new byte[text.Length];
        cipher.Transform(vector, text, output);
        Assert.Equal(
            "6e2e359a2568f98041ba0728dd0d6981e97e7aec1d4360c20a27afccfd9fae0b"
            + "f91b65c5524733ab8f593dabcd62b3571639d624e65152ab8f530c359f0861d8"
            + "07ca0dbf500d6a6156a38e088a22b65e52bc514d16ccf806818ce91ab7793736"
            + "5af90bbf74a35be6b40b8eedf2785e42874d",
            Convert.ToHexStringLower(output));

        cipher.Transform(vector, output, output);
        Assert.Equal(text, output);
    }

    // RFC 8439 section 2.5.2; twice, for the context is used again.
    [Fact]
    public void Poly1305_OfRfc8439_Authenticates()
    {
        var key = Convert.FromHexString("85d6be7857556d337f4452fe42d506a80103808afb0db2fd4abff6af4149f51b");
        using var mac = new Poly1305();
        for (var i = 0; i < 2; i++)
        {
            var tag = new byte[Poly1305.TagLength];
            mac.Compute(key, "Cryptographic Forum Research Group"u8, tag);
            Assert.Equal("a8061dc1305136c6c22b8baf0c0127a9", Convert.ToHexStringLower(tag));
        }
    }
}
