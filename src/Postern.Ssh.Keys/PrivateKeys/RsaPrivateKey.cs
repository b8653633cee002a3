using System.Numerics;
using System.Security.Cryptography;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>An RSA private key in this process's memory, whose signatures are those of RFC 8332.</summary>
public sealed class RsaPrivateKey : PrivateKey
{
    private readonly RSA _rsa;

    private RsaPrivateKey(RSA rsa)
    {
        _rsa = rsa;
        PublicKey = PublicKeyOf(rsa.ExportParameters(includePrivateParameters: false));
    }

    /// <inheritdoc/>
    public override PublicKey PublicKey { get; }

    /// <inheritdoc/>
    internal override int FieldsSize => (6 * (sizeof(uint) + 1)) + (4 * PublicKey.Blob.Length);

    /// <summary>Makes a new key of <paramref name="bits"/>, from <see cref="RsaPublicKey.MinimumBits"/> to 8192 in steps of 8.</summary>
    public static RsaPrivateKey Generate(int bits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, RsaPublicKey.MinimumBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, 8192);
        return new RsaPrivateKey(RSA.Create(bits));
    }

    /// <inheritdoc/>
    public override byte[] Sign(string algorithm, ReadOnlySpan<byte> data) =>
        SignatureBlob.Write(algorithm, _rsa.SignData(data, RsaPublicKey.HashOf(algorithm), RSASignaturePadding.Pkcs1));

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _rsa.Dispose();

    // mpint n, mpint e, mpint d, mpint iqmp, mpint p, mpint q
    internal static RsaPrivateKey FromFields(scoped ref WireReader reader)
    {
        var modulus = reader.ReadMpint(WireLimits.Mpint).ToArray();
        var exponent = reader.ReadMpint(WireLimits.Mpint).ToArray();
        var d = reader.ReadMpint(WireLimits.Mpint);
        var inverseQ = reader.ReadMpint(WireLimits.Mpint);
        var p = reader.ReadMpint(WireLimits.Mpint);
        var q = reader.ReadMpint(WireLimits.Mpint);
        var half = (modulus.Length + 1) / 2;
        if (modulus.Length < RsaPublicKey.MinimumBits / 8 || d.Length > modulus.Length || p.IsEmpty || q.IsEmpty
            || p.Length > half || q.Length > half || inverseQ.Length > half || IsOne(p) || IsOne(q))
        {
            WireFormatException.Throw("the numbers of the RSA private key do not belong together");
        }

        var parameters = new RSAParameters
        {
            Modulus = modulus,
            Exponent = exponent,
            D = Pad(d, modulus.Length),
            P = Pad(p, half),
            Q = Pad(q, half),
            InverseQ = Pad(inverseQ, half),
            DP = Reduce(d, p, half),
            DQ = Reduce(d, q, half),
        };
        try
        {
            return Import(parameters);
        }
        finally
        {
            Clear(parameters);
        }
    }

    internal override void WriteFields(scoped ref WireWriter writer)
    {
        var parameters = _rsa.ExportParameters(includePrivateParameters: true);
        writer.WriteMpint(parameters.Modulus);
        writer.WriteMpint(parameters.Exponent);
        writer.WriteMpint(parameters.D);
        writer.WriteMpint(parameters.InverseQ);
        writer.WriteMpint(parameters.P);
        writer.WriteMpint(parameters.Q);
        Clear(parameters);
    }

    /// <summary>Imports, and signs once to see that the halves belong together, which importing does not check.</summary>
    private static RsaPrivateKey Import(RSAParameters parameters)
    {
        RSA? rsa = null;
        try
        {
            rsa = RSA.Create(parameters);
            ReadOnlySpan<byte> sample = [];
            var signature = rsa.SignData(sample, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            if (!rsa.VerifyData(sample, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))
            {
                throw new CryptographicException();
            }

            return new RsaPrivateKey(rsa);
        }
        catch (CryptographicException)
        {
            rsa?.Dispose();
            return WireFormatException.Throw<RsaPrivateKey>("the numbers of the RSA private key do not belong together");
        }
        catch (WireFormatException)
        {
            rsa?.Dispose();
            throw;
        }
    }

    private static bool IsOne(ReadOnlySpan<byte> number) => number.Length == 1 && number[0] == 1;

    /// <summary>The private exponent modulo a prime less one, which the file leaves to the reader.</summary>
    private static byte[] Reduce(ReadOnlySpan<byte> exponent, ReadOnlySpan<byte> prime, int size)
    {
        var reduced = new BigInteger(exponent, isUnsigned: true, isBigEndian: true)
            % (new BigInteger(prime, isUnsigned: true, isBigEndian: true) - BigInteger.One);
        return Pad(reduced.ToByteArray(isUnsigned: true, isBigEndian: true), size);
    }

    private static byte[] Pad(ReadOnlySpan<byte> number, int size)
    {
        var padded = GC.AllocateArray<byte>(size, pinned: true);
        number.CopyTo(padded.AsSpan(size - number.Length));
        return padded;
    }

    private static void Clear(RSAParameters parameters)
    {
        foreach (var number in new[] { parameters.D, parameters.P, parameters.Q, parameters.DP, parameters.DQ, parameters.InverseQ })
        {
            CryptographicOperations.ZeroMemory(number);
        }
    }

    private static PublicKey PublicKeyOf(RSAParameters parameters)
    {
        var buffer = new byte[WireLimits.KeyBlob];
        var writer = new WireWriter(buffer);
        writer.WriteText(RsaPublicKey.TypeName);
        writer.WriteMpint(parameters.Exponent);
        writer.WriteMpint(parameters.Modulus);
        return Keys.PublicKey.Read(writer.Written);
    }
}
