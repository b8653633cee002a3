using System.Security.Cryptography;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>ECDSA over one of the three required curves: points, hashes and signatures (RFC 5656 sections 3 and 6).</summary>
internal sealed class NistCurve
{
    public static readonly NistCurve P256 = new("nistp256", ECCurve.NamedCurves.nistP256, 32, HashAlgorithmName.SHA256);
    public static readonly NistCurve P384 = new("nistp384", ECCurve.NamedCurves.nistP384, 48, HashAlgorithmName.SHA384);
    public static readonly NistCurve P521 = new("nistp521", ECCurve.NamedCurves.nistP521, 66, HashAlgorithmName.SHA512);

    private const byte Uncompressed = 4;
    private const int LargestFieldSize = 66;

    private readonly ECCurve _curve;

    private NistCurve(string name, ECCurve curve, int fieldSize, HashAlgorithmName hash)
    {
        Name = name;
        _curve = curve;
        FieldSize = fieldSize;
        Hash = hash;
    }

    /// <summary>The identifier of RFC 5656 section 10.1.</summary>
    public string Name { get; }

    /// <summary>The bytes of a coordinate, and of each half of a signature.</summary>
    public int FieldSize { get; }

    /// <summary>The hash that goes with the curve.</summary>
    public HashAlgorithmName Hash { get; }

    /// <summary>The curve of a key type such as <c>ecdsa-sha2-nistp256</c>.</summary>
    public static NistCurve OfKeyType(string type) => type switch
    {
        "ecdsa-sha2-nistp256" => P256,
        "ecdsa-sha2-nistp384" => P384,
        "ecdsa-sha2-nistp521" => P521,
        _ => throw new ArgumentException("ECDSA has no such key type", nameof(type)),
    };

    /// <summary>
    /// Reads the curve's name and the point of a key, and checks that the point is on the curve. Compressed points
    /// and the point at infinity are refused.
    /// </summary>
    public ECParameters ReadKey(scoped ref WireReader reader)
    {
        if (reader.ReadName(WireLimits.Name) != Name)
        {
            WireFormatException.Throw("the curve is not the one of the key type");
        }

        var point = reader.ReadString(1 + (2 * LargestFieldSize));
        if (point.Length != 1 + (2 * FieldSize) || point[0] != Uncompressed)
        {
            WireFormatException.Throw($"the point is not an uncompressed one of {Name}");
        }

        var parameters = new ECParameters
        {
            Curve = _curve,
            Q = new ECPoint { X = point[1..(1 + FieldSize)].ToArray(), Y = point[(1 + FieldSize)..].ToArray() },
        };
        try
        {
            // Importing is what checks the point.
            using var imported = ECDsa.Create(parameters);
        }
        catch (CryptographicException)
        {
            WireFormatException.Throw($"the point is not on {Name}");
        }

        return parameters;
    }

    /// <summary>Verifies the mpints r and s of <paramref name="signature"/>, which must end there.</summary>
    public bool Verify(ECParameters key, ReadOnlySpan<byte> data, scoped ref WireReader signature)
    {
        Span<byte> fixedSize = stackalloc byte[2 * FieldSize];
        fixedSize.Clear();
        for (var half = 1; half <= 2; half++)
        {
            var number = signature.ReadMpint(1 + LargestFieldSize);
            if (number.Length > FieldSize)
            {
                return false;
            }

            number.CopyTo(fixedSize[((half * FieldSize) - number.Length)..]);
        }

        signature.RequireEnd();
        using var ecdsa = ECDsa.Create(key);
        return ecdsa.VerifyData(data, fixedSize, Hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    /// <summary>Makes a new private key.</summary>
    public ECDsa Generate() => ECDsa.Create(_curve);

    /// <summary>Writes a key's blob: type, curve, and the point uncompressed (RFC 5656 section 3.1).</summary>
    public byte[] WriteKey(ECParameters key)
    {
        byte[] point = [Uncompressed, .. key.Q.X!, .. key.Q.Y!];
        var type = "ecdsa-sha2-" + Name;
        var blob = new byte[(3 * sizeof(uint)) + type.Length + Name.Length + point.Length];
        var writer = new WireWriter(blob);
        writer.WriteText(type);
        writer.WriteText(Name);
        writer.WriteString(point);
        return blob;
    }

    /// <summary>Signs, and writes the mpints r and s (RFC 5656 section 3.1.2).</summary>
    public byte[] Sign(ECDsa key, ReadOnlySpan<byte> data)
    {
        var fixedSize = key.SignData(data, Hash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        var body = new byte[(2 * sizeof(uint)) + 2 + fixedSize.Length];
        var writer = new WireWriter(body);
        writer.WriteMpint(fixedSize.AsSpan(0, FieldSize));
        writer.WriteMpint(fixedSize.AsSpan(FieldSize));
        return writer.Written.ToArray();
    }
}
