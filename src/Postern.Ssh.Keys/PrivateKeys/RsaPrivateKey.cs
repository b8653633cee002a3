using System.Security.Cryptography;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>An RSA private key in this process's memory, whose signatures are those of RFC 8332.</summary>
public sealed class RsaPrivateKey : ISigner, IDisposable
{
    private readonly RSA _rsa;

    private RsaPrivateKey(RSA rsa)
    {
        _rsa = rsa;
        PublicKey = PublicKeyOf(rsa.ExportParameters(includePrivateParameters: false));
    }

    /// <inheritdoc/>
    public PublicKey PublicKey { get; }

    /// <summary>Makes a new key of <paramref name="bits"/>, from <see cref="RsaPublicKey.MinimumBits"/> to 8192 in steps of 8.</summary>
    public static RsaPrivateKey Generate(int bits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bits, RsaPublicKey.MinimumBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, 8192);
        return new RsaPrivateKey(RSA.Create(bits));
    }

    /// <inheritdoc/>
    public byte[] Sign(string algorithm, ReadOnlySpan<byte> data) =>
        SignatureBlob.Write(algorithm, _rsa.SignData(data, RsaPublicKey.HashOf(algorithm), RSASignaturePadding.Pkcs1));

    /// <inheritdoc/>
    public void Dispose() => _rsa.Dispose();

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
