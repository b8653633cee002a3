using System.Numerics;
using System.Security.Cryptography;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys.Tests;

/// <summary>
/// Security 67: in CVE-2024-31497 the nonces of P-521 signatures had nine bits too few, and sixty signatures gave the key
/// away. Who has the key can compute the nonces, so the test does.
/// </summary>
public sealed class EcdsaNonceTests
{
    private const int Signatures = 64;

    public static TheoryData<string, string> Curves() => new()
    {
        { "nistp256", "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551" },
        { "nistp384", "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973" },
        { "nistp521", "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409" },
    };

    [Theory]
    [MemberData(nameof(Curves))]
    public void Nonces_AreOfTheCurvesWholeSizeAndNeverTwiceTheSame(string curve, string order)
    {
        var n = Number(Convert.FromHexString(order));
        var nistCurve = NistCurve.OfKeyType("ecdsa-sha2-" + curve);
        using var ecdsa = nistCurve.Generate();
        var d = Number(ecdsa.ExportParameters(includePrivateParameters: true).D!);
        var nonces = new HashSet<BigInteger>();
        for (var i = 0; i < Signatures; i++)
        {
            // The same message each time: a nonce that depends on it alone would repeat.
            var message = "a message"u8;
            var reader = new WireReader(nistCurve.Sign(ecdsa, message));
            var r = Number(reader.ReadMpint(WireLimits.Mpint));
            var s = Number(reader.ReadMpint(WireLimits.Mpint));
            var digest = Digest(nistCurve.Hash, message);
            var nonce = (Number(digest) + (r * d)) * BigInteger.ModPow(s, n - 2, n) % n;
            Assert.True(nonces.Add(nonce), "a nonce came twice");
        }

        // Each of the highest nine bits is set in about half of them, and in all or none of 64 once in 2^63 runs.
        var bits = (int)n.GetBitLength();
        Assert.All(Enumerable.Range(1, 9), down => Assert.InRange(nonces.Count(k => ((k >> (bits - down)) & 1) == 1), 1, Signatures - 1));
    }

    private static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);

    private static byte[] Digest(HashAlgorithmName hash, ReadOnlySpan<byte> message) =>
        hash == HashAlgorithmName.SHA256 ? SHA256.HashData(message) : hash == HashAlgorithmName.SHA384 ? SHA384.HashData(message) : SHA512.HashData(message);
}
