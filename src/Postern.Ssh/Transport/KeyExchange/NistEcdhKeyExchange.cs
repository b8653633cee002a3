using System.Security.Cryptography;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>
/// ecdh-sha2-nistp256, -nistp384 and -nistp521 (RFC 5656 section 4): ECDH over a NIST curve, public values as
/// uncompressed points (SEC 1 section 2.3.3), the x coordinate of the shared point hashed as an mpint. The private keys
/// are .NET's own.
/// </summary>
internal sealed class NistEcdhKeyExchange(
    string name, ECCurve curve, int fieldSize, HashAlgorithmName hash, bool isCostly = false) : KeyExchangeMethod
{
    private const byte Uncompressed = 4;

    public override string Name => name;

    public override HashAlgorithmName Hash => hash;

    /// <summary>libcrypto has fast code for P-256 only: P-384 takes twenty times as long, P-521 eight times.</summary>
    public override bool IsCostly => isCostly;

    private int PointLength => 1 + (2 * fieldSize);

    public override KeyAgreement Respond(ReadOnlySpan<byte> clientPublic, IRandomSource randomness)
    {
        // Checked first, for making a key costs more than any check.
        using var client = ImportPoint(clientPublic);
        using var own = randomness.CreateKey(curve);
        return new KeyAgreement(ExportPoint(own), Agree(own, client));
    }

    public override ClientKeyShare Begin(IRandomSource randomness) => new Share(this, randomness.CreateKey(curve));

    /// <summary>Begins with a private key that is there already, for published vectors.</summary>
    internal ClientKeyShare BeginWith(ReadOnlySpan<byte> privateKey) =>
        new Share(this, ECDiffieHellman.Create(new ECParameters { Curve = curve, D = privateKey.ToArray() }));

    /// <summary>
    /// Reads a point and has it checked: only uncompressed points of the curve have this length and this first byte,
    /// and the point at infinity, which is one byte, has not.
    /// </summary>
    private ECDiffieHellman ImportPoint(ReadOnlySpan<byte> point)
    {
        RequireLength(point, PointLength);
        if (point[0] != Uncompressed)
        {
            throw Refuse("the public key is not an uncompressed point");
        }

        try
        {
            // Importing is what checks that the point is on the curve.
            return ECDiffieHellman.Create(new ECParameters
            {
                Curve = curve,
                Q = new ECPoint { X = point.Slice(1, fieldSize).ToArray(), Y = point[(1 + fieldSize)..].ToArray() },
            });
        }
        catch (CryptographicException)
        {
            throw Refuse("the public key is not a point of the curve");
        }
    }

    private static byte[] ExportPoint(ECDiffieHellman key)
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        return [Uncompressed, .. parameters.Q.X!, .. parameters.Q.Y!];
    }

    private static byte[] Agree(ECDiffieHellman own, ECDiffieHellman peer)
    {
        using var peerPublic = peer.PublicKey;
        var secret = own.DeriveRawSecretAgreement(peerPublic);
        try
        {
            return EncodeMpint(secret);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    private sealed class Share(NistEcdhKeyExchange method, ECDiffieHellman key) : ClientKeyShare
    {
        public override ReadOnlyMemory<byte> Public { get; } = ExportPoint(key);

        public override byte[] Complete(ReadOnlySpan<byte> serverPublic)
        {
            using var server = method.ImportPoint(serverPublic);
            return Agree(key, server);
        }

        public override void Dispose() => key.Dispose();
    }
}
