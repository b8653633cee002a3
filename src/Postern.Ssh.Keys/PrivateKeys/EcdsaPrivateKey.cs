using System.Security.Cryptography;

namespace Postern.Ssh.Keys;

/// <summary>An ECDSA private key in this process's memory; nonces are libcrypto's, of the curve's full size.</summary>
public sealed class EcdsaPrivateKey : ISigner, IDisposable
{
    private readonly ECDsa _ecdsa;
    private readonly NistCurve _curve;

    private EcdsaPrivateKey(ECDsa ecdsa, NistCurve curve)
    {
        _ecdsa = ecdsa;
        _curve = curve;
        PublicKey = Keys.PublicKey.Read(curve.WriteKey(ecdsa.ExportParameters(includePrivateParameters: false)));
    }

    /// <inheritdoc/>
    public PublicKey PublicKey { get; }

    /// <summary>Makes a new key of a type such as <c>ecdsa-sha2-nistp256</c>; other types throw.</summary>
    public static EcdsaPrivateKey Generate(string type)
    {
        var curve = NistCurve.OfKeyType(type);
        return new EcdsaPrivateKey(curve.Generate(), curve);
    }

    /// <inheritdoc/>
    public byte[] Sign(string algorithm, ReadOnlySpan<byte> data)
    {
        if (!string.Equals(algorithm, PublicKey.Type, StringComparison.Ordinal))
        {
            throw new ArgumentException("an ECDSA key signs with the algorithm of its curve only", nameof(algorithm));
        }

        return SignatureBlob.Write(algorithm, _curve.Sign(_ecdsa, data));
    }

    /// <inheritdoc/>
    public void Dispose() => _ecdsa.Dispose();
}
