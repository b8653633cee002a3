using System.Buffers.Binary;
using System.Text;
using Postern.Ssh.Transport.Ciphers;
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
        using var key = new X25519(Convert.FromHexString(privateKey));
        key.CopyPublicKeyTo(computed);
        Assert.Equal(publicKey, Convert.ToHexStringLower(computed));

        Assert.True(key.TryAgree(Convert.FromHexString(peerPublicKey), computed));
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
    public void X25519_WithAPointOfSmallOrder_IsRefused(string publicKey)
    {
        using var key = new X25519(Convert.FromHexString(AlicePrivate));
        Assert.False(key.TryAgree(Convert.FromHexString(publicKey), new byte[X25519.KeyLength]));
    }

    // SP 800-38A sections F.5.1, F.5.3 and F.5.5, taken in one call and in pieces that end inside a block.
    [Theory]
    [InlineData(
        "2b7e151628aed2a6abf7158809cf4f3c",
        "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee")]
    [InlineData(
        "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
        "1abc932417521ca24f2b0459fe7e6e0b090339ec0aa6faefd5ccc2c6f4ce8e941e36b26bd1ebc670d1bd1d665620abf74f78a7f6d29809585a97daec58c6b050")]
    [InlineData(
        "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
        "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c52b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6")]
    public void AesCtr_OfSp80038A_Encrypts(string key, string ciphertext)
    {
        var counter = Convert.FromHexString("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
        var text = Convert.FromHexString(
            "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
        foreach (var piece in new[] { text.Length, 16, 4, 7, 1 })
        {
            using var cipher = new AesCtr(Convert.FromHexString(key), counter);
            var output = text.ToArray();
            for (var done = 0; done < output.Length; done += piece)
            {
                var part = output.AsSpan(done, Math.Min(piece, output.Length - done));
                cipher.Transform(part, part);
            }

            Assert.Equal(ciphertext, Convert.ToHexStringLower(output));
        }
    }

    [Theory]
    [InlineData(15, 16)]
    [InlineData(64, 16)]
    [InlineData(16, 12)]
    public void AesCtr_WithAKeyOrCounterOfAnotherLength_IsRefused(int key, int counter) =>
        Assert.Throws<ArgumentException>(() => new AesCtr(new byte[key], new byte[counter]));

    // RFC 4231 sections 4.2 and 4.3. The first four bytes of the text stand for the sequence number, and zero bytes
    // behind a key change nothing in HMAC.
    [Theory]
    [InlineData("hmac-sha2-256", "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")]
    [InlineData("hmac-sha2-256", "4a656665", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")]
    [InlineData(
        "hmac-sha2-512",
        "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
        "Hi There",
        "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cdedaa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854")]
    [InlineData(
        "hmac-sha2-512",
        "4a656665",
        "what do ya want for nothing?",
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737")]
    public void Hmac_OfRfc4231_Computes(string name, string keyStart, string text, string tag)
    {
        var algorithm = MacAlgorithm.Find(name)!;
        var key = new byte[algorithm.Length];
        Convert.FromHexString(keyStart).CopyTo(key, 0);
        var bytes = Encoding.ASCII.GetBytes(text);
        using var mac = new PacketMac(algorithm, key);
        for (var i = 0; i < 2; i++)
        {
            var computed = new byte[algorithm.Length];
            mac.Compute(BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes.AsSpan(4), computed);
            Assert.Equal(tag, Convert.ToHexStringLower(computed));
            Assert.True(mac.Verify(BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes.AsSpan(4), computed));
            computed[^1] ^= 1;
            Assert.False(mac.Verify(BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes.AsSpan(4), computed));
        }
    }

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
