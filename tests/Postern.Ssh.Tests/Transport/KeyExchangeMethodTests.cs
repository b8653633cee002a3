using Postern.Ssh.Transport;
using Postern.Ssh.Transport.KeyExchange;

namespace Postern.Ssh.Tests.Transport;

/// <summary>Rules that every key exchange method obeys, in both roles.</summary>
public class KeyExchangeMethodTests
{
    public static TheoryData<string> Names() => [.. AlgorithmCatalogue.Default.KeyExchanges];

    [Theory]
    [MemberData(nameof(Names))]
    public void BothRoles_ComeToTheSameSecret(string name)
    {
        var method = KeyExchangeMethod.Find(name)!;
        using var share = method.Begin(SystemRandomSource.Instance);
        using var agreement = method.Respond(share.Public.Span, SystemRandomSource.Instance);
        Assert.Equal(agreement.EncodedSecret, share.Complete(agreement.ServerPublic));
        Assert.True(agreement.EncodedSecret.Length > 28);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void EachExchange_HasKeysOfItsOwn(string name)
    {
        var method = KeyExchangeMethod.Find(name)!;
        using var first = method.Begin(SystemRandomSource.Instance);
        using var second = method.Begin(SystemRandomSource.Instance);
        Assert.NotEqual(first.Public.ToArray(), second.Public.ToArray());
        using var toFirst = method.Respond(first.Public.Span, SystemRandomSource.Instance);
        using var toSecond = method.Respond(first.Public.Span, SystemRandomSource.Instance);
        Assert.NotEqual(toFirst.ServerPublic, toSecond.ServerPublic);
        Assert.NotEqual(toFirst.EncodedSecret, toSecond.EncodedSecret);
    }

    // Security 37: a public value of another length is refused, whoever sends it.
    [Theory]
    [MemberData(nameof(Names))]
    public void PublicValue_OfAnotherLength_IsRefused(string name)
    {
        var method = KeyExchangeMethod.Find(name)!;
        using var share = method.Begin(SystemRandomSource.Instance);
        using var agreement = method.Respond(share.Public.Span, SystemRandomSource.Instance);
        foreach (var wrong in OtherLengths(share.Public.ToArray()))
        {
            var exception = Assert.Throws<DisconnectException>(() => method.Respond(wrong, SystemRandomSource.Instance));
            Assert.Equal(DisconnectCode.KeyExchangeFailed, exception.Code);
        }

        foreach (var wrong in OtherLengths(agreement.ServerPublic))
        {
            var exception = Assert.Throws<DisconnectException>(() => share.Complete(wrong));
            Assert.Equal(DisconnectCode.KeyExchangeFailed, exception.Code);
        }
    }

    // SP 800-56A: "DLC primitive testing" of NIST's KAS validation suite (CAVS 11), a correct case for each curve.
    [Theory]
    [InlineData(
        "ecdh-sha2-nistp256",
        "8087ab163864bfa81001c72f736b6d94e7612559ac4c847d06ba2171840684d6",
        "e8b020e8c3cc25d3e5e83e76077f3d5ccdabd7ad76121b724a171414e73f793c98dfb6863fbdbc1d2083f6c41e502645ae9b7a0fdb38904f7483ef883bc2a57b",
        "5a3955c54a49645ed818f3774ea10971a1db88c370d8966c5a6e88234ed5d82003b13f0dad73f64532f42b8b2fa6d1450d9ab24896e95c24674298f2da07ccda",
        "000000200cb890a0dcc277c3dde0f91b4322a32e6365d7ec85316185d3286b4977849410")]
    [InlineData(
        "ecdh-sha2-nistp384",
        "f865418473e5bf7d2e1bbcd9bd5a9270c003a9dd35e778133ca59fcab4bb64fe24d6800e7047bdd033abc8bfa8db35b5",
        "32b72ab9b558249dcbc6cbade234f58e4f7aa5d3f6420ea99a5f997e8c2a91fb7fd83779d0d2169428683771c745fd1a"
            + "c749e02a3719bb56bf1dfc4ba3820309c01ab6e84cb29db7cdd80f127233f5295687f8178f3a8704c1063b84c2ee472f",
        "d1bf2ac21637d66d6398aac01dcd56ac6f065fb45d1f6f16747bab9e9b01b4630b59b20927aea147355bf41838acb482"
            + "4c9e23f1c5a41647d094086bf4ed31708651f21d996c47780688ac10f77deee2e43b5241b6caecd2fd5444bc50472e0e",
        "0000003100a781430e6078a179df3f9ee27cd8fdc6188f161b6c4ccc4053ef6c6ca6fc222946883a53c06db08f0a020023ced055aa")]
    [InlineData(
        "ecdh-sha2-nistp521",
        "01a23de55fb7ad153e7e65d21ad10c77fdf2072b2a5aa116aaf1bc31a345420c1fe8eaccbbcdeb07b73ba2fa706c7498e3a4828f348b00af9df1551780e709a7754c",
        "00ed7bc3a95ef74dc3a9893a5ec7c9fab723c16dc21b30341c374c25e1334dada7f92d62967f3bca4da70b0a77fa0732dac05a3d19cb04e50b3cd1894549ac1d3c6e"
            + "01c30d23ea4c140aabfba3753ce40c788010342c15c51d2dd6e9b079194e593ba965ea419ef37746f954027fa1b8159ccd3b54aece67451c7e892d6f6e1fb44c548c",
        "01474af758238005238b2fa253c4f9c557de664d64c66d7d88f334555997591ccc242ff3c6d0e34d07fc835aaae024c2bd21f2ba5c0b0a8ac3fdd90e1c479cb8e538"
            + "00a721b04654204ca19064b37a4abf4247413a6d29e9211a0df9d50975c7d8d4654dc04a478455ea24993f0fef5460f189c4729c15fba385fd85ef42ae7610e39450",
        "0000004201e8ff7a8c57b017f8b8266adab65fe2c417173566087e15c5fc972071cc560ac93908a806468bc44b8312a8a48464886ca0d767db938447387a348f3f56c6463796")]
    public void NistCurves_OfSp80056A_Agree(string name, string privateKey, string publicKey, string peerPublicKey, string encodedSecret)
    {
        var method = (NistEcdhKeyExchange)KeyExchangeMethod.Find(name)!;
        using var share = method.BeginWith(Convert.FromHexString(privateKey));
        Assert.Equal("04" + publicKey, Convert.ToHexStringLower(share.Public.Span));
        Assert.Equal(encodedSecret, Convert.ToHexStringLower(share.Complete(Convert.FromHexString("04" + peerPublicKey))));
    }

    // Security 37: off the curve, at infinity, compressed, or in the form that mixes both.
    [Theory]
    [InlineData("ecdh-sha2-nistp256")]
    [InlineData("ecdh-sha2-nistp384")]
    [InlineData("ecdh-sha2-nistp521")]
    public void NistCurves_RefuseWhatIsNoPoint(string name)
    {
        var method = KeyExchangeMethod.Find(name)!;
        using var share = method.Begin(SystemRandomSource.Instance);
        using var other = method.Begin(SystemRandomSource.Instance);
        var point = other.Public.ToArray();
        var half = (point.Length - 1) / 2;
        byte[] offCurve = [.. point];
        offCurve[^1] ^= 1;
        byte[] swapped = [4, .. point[(1 + half)..], .. point[1..(1 + half)]];
        byte[] beyondTheField = [4, .. Enumerable.Repeat((byte)0xff, 2 * half)];
        foreach (var bad in new byte[][]
        {
            offCurve, swapped, beyondTheField, [0], [4, .. new byte[2 * half]], [0, .. point[1..]], [2, .. point[1..(1 + half)]],
            [3, .. point[1..(1 + half)]], [2, .. point[1..]], [6, .. point[1..]], [7, .. point[1..]],
        })
        {
            Assert.Equal(DisconnectCode.KeyExchangeFailed, Assert.Throws<DisconnectException>(() => share.Complete(bad)).Code);
            Assert.Equal(
                DisconnectCode.KeyExchangeFailed,
                Assert.Throws<DisconnectException>(() => method.Respond(bad, SystemRandomSource.Instance)).Code);
        }
    }

    private static IEnumerable<byte[]> OtherLengths(byte[] value) =>
        [[], value[..1], value[..^1], value[1..], [.. value, 0], [0, .. value], [.. value, .. value], new byte[64 * 1024]];
}
