using System.Security.Cryptography;
using Postern.Ssh.Transport;
using Postern.Ssh.Transport.KeyExchange;

namespace Postern.Ssh.Tests.Transport;

/// <summary>
/// mlkem768x25519-sha256. ML-KEM comes with OpenSSL 3.5, so on older machines the tests show that nothing is offered;
/// test.sh runs them in its Debian 13 root too.
/// </summary>
public class MLKem768X25519Tests
{
    private const string Name = "mlkem768x25519-sha256";
    private const int EncapsulationKey = 1184;
    private const int Ciphertext = 1088;

    // NIST's ACVP vectors for FIPS 203, ML-KEM-768 key generation, case 26: d, z, and the hash of the key.
    private const string D = "e34a701c4c87582f42264ee422d3c684d97611f2523efe0c998af05056d693dc";
    private const string Z = "a85768f3486bd32a01bf9a8f21ea938e648eae4e5448c34c3eb88820b159eedd";
    private const string EncapsulationKeySha256 = "7799c9d8eef172aa78c073514f2f039c240de8c5cb61bca82ba0bc46041ce279";

    private static KeyExchangeMethod? Method => KeyExchangeMethod.Find(Name);

    [Fact]
    public void Method_IsFirstWhereThePlatformHasIt_AndAbsentElsewhere()
    {
        Assert.Equal(MLKem.IsSupported, Method is not null);
        Assert.Equal(MLKem.IsSupported ? Name : "curve25519-sha256", AlgorithmCatalogue.Default.KeyExchanges[0]);
    }

    // Security 38: the known answers, and K as a string of the hash of both secrets.
    [Fact]
    public void KnownAnswer_OfFips203_GoesIntoAString()
    {
        if (Method is null)
        {
            return;
        }

        // RFC 7748 section 6.1 for the other half.
        var alice = new FixedRandomSource("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a");
        using var share = MLKem768X25519KeyExchange.BeginWith(
            MLKem.ImportPrivateSeed(MLKemAlgorithm.MLKem768, Convert.FromHexString(D + Z)), alice);
        Assert.Equal(EncapsulationKeySha256, Convert.ToHexStringLower(SHA256.HashData(share.Public.Span[..EncapsulationKey])));
        Assert.Equal("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", Convert.ToHexStringLower(share.Public.Span[EncapsulationKey..]));

        // A ciphertext of nobody's has the one answer SHAKE256(z, c), by which all the bytes are known.
        var ciphertext = Enumerable.Repeat((byte)0x5a, Ciphertext).ToArray();
        byte[] postQuantum = Shake256.HashData([.. Convert.FromHexString(Z), .. ciphertext], 32);
        var bob = Convert.FromHexString("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
        var classical = Convert.FromHexString("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
        Assert.Equal([0, 0, 0, 32, .. SHA256.HashData([.. postQuantum, .. classical])], share.Complete([.. ciphertext, .. bob]));
    }

    // An mpint would lose leading zero bytes and gain one before a high bit: a string has always 36 bytes.
    [Fact]
    public void Secret_IsAlwaysAStringOfThirtyTwoBytes()
    {
        if (Method is not { } method)
        {
            return;
        }

        for (var i = 0; i < 20; i++)
        {
            using var share = method.Begin(SystemRandomSource.Instance);
            Assert.Equal(EncapsulationKey + 32, share.Public.Length);
            using var agreement = method.Respond(share.Public.Span, SystemRandomSource.Instance);
            Assert.Equal(Ciphertext + 32, agreement.ServerPublic.Length);
            Assert.Equal(36, agreement.EncodedSecret.Length);
            Assert.Equal([0, 0, 0, 32], agreement.EncodedSecret[..4]);
            Assert.Equal(agreement.EncodedSecret, share.Complete(agreement.ServerPublic));
        }
    }

    // Security 37: coefficients that are not reduced (FIPS 203 section 7.2), and an X25519 half that gives all zero.
    [Fact]
    public void PublicValues_ThatAreNotValid_AreRefused()
    {
        if (Method is not { } method)
        {
            return;
        }

        using var share = method.Begin(SystemRandomSource.Instance);
        using var agreement = method.Respond(share.Public.Span, SystemRandomSource.Instance);
        foreach (var coefficient in new[] { 0, 1, 382, 766, 767 })
        {
            var notReduced = share.Public.ToArray();
            SetCoefficient(notReduced, coefficient, 3329);
            Refuses(() => method.Respond(notReduced, SystemRandomSource.Instance));
            SetCoefficient(notReduced, coefficient, 4095);
            Refuses(() => method.Respond(notReduced, SystemRandomSource.Instance));
        }

        byte[] zeroFromClient = [.. share.Public.Span[..EncapsulationKey], .. new byte[32]];
        Refuses(() => method.Respond(zeroFromClient, SystemRandomSource.Instance));
        byte[] zeroFromServer = [.. agreement.ServerPublic[..Ciphertext], .. new byte[32]];
        Refuses(() => share.Complete(zeroFromServer));
    }

    // FIPS 203 section 6.3: a ciphertext that was changed is not refused, it gives another secret.
    [Fact]
    public void Ciphertext_ThatWasChanged_GivesAnotherSecret()
    {
        if (Method is not { } method)
        {
            return;
        }

        using var share = method.Begin(SystemRandomSource.Instance);
        using var agreement = method.Respond(share.Public.Span, SystemRandomSource.Instance);
        agreement.ServerPublic[17] ^= 1;
        Assert.NotEqual(agreement.EncodedSecret, share.Complete(agreement.ServerPublic));
    }

    private static void Refuses(Action exchange) =>
        Assert.Equal(DisconnectCode.KeyExchangeFailed, Assert.Throws<DisconnectException>(exchange).Code);

    // Two coefficients of 12 bits in three bytes, least significant first (FIPS 203 algorithm 5).
    private static void SetCoefficient(byte[] key, int index, int value)
    {
        var at = index / 2 * 3;
        if (index % 2 == 0)
        {
            key[at] = (byte)value;
            key[at + 1] = (byte)((key[at + 1] & 0xf0) | (value >> 8));
        }
        else
        {
            key[at + 1] = (byte)((key[at + 1] & 0x0f) | ((value & 0x0f) << 4));
            key[at + 2] = (byte)(value >> 4);
        }
    }

    private sealed class FixedRandomSource(string bytes) : IRandomSource
    {
        public void Fill(Span<byte> destination) => Convert.FromHexString(bytes).CopyTo(destination);
    }
}
