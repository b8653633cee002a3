using System.Security.Cryptography;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>An ECDSA private key in this process's memory; nonces are libcrypto's, of the curve's full size.</summary>
public sealed class EcdsaPrivateKey : PrivateKey
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
    public override PublicKey PublicKey { get; }

    /// <inheritdoc/>
    internal override int FieldsSize => (3 * sizeof(uint)) + PublicKey.Blob.Length + 1 + _curve.FieldSize;

    /// <summary>Makes a new key of a type such as <c>ecdsa-sha2-nistp256</c>; other types throw.</summary>
    public static EcdsaPrivateKey Generate(string type)
    {
        var curve = NistCurve.OfKeyType(type);
        return new EcdsaPrivateKey(curve.Generate(), curve);
    }

    /// <inheritdoc/>
    public override byte[] Sign(string algorithm, ReadOnlySpan<byte> data)
    {
        if (!string.Equals(algorithm, PublicKey.Type, StringComparison.Ordinal))
        {
            throw new ArgumentException("an ECDSA key signs with the algorithm of its curve only", nameof(algorithm));
        }

        return SignatureBlob.Write(algorithm, _curve.Sign(_ecdsa, data));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _ecdsa.Dispose();

    // string curve, string Q, mpint d
    internal static EcdsaPrivateKey FromFields(string type, scoped ref WireReader reader)
    {
        var curve = NistCurve.OfKeyType(type);
        var parameters = curve.ReadKey(ref reader);
        var number = reader.ReadMpint(curve.FieldSize + 1);
        if (number.IsEmpty || number.Length > curve.FieldSize)
        {
            WireFormatException.Throw($"the private number is not one of {curve.Name}");
        }

        var padded = GC.AllocateArray<byte>(curve.FieldSize, pinned: true);
        number.CopyTo(padded.AsSpan(curve.FieldSize - number.Length));
        parameters.D = padded;
        try
        {
            // Importing is what checks that both halves belong together.
            return new EcdsaPrivateKey(ECDsa.Create(parameters), curve);
        }
        catch (CryptographicException)
        {
            return WireFormatException.Throw<EcdsaPrivateKey>("the private key's two halves do not belong together");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(padded);
        }
    }

    internal override void WriteFields(scoped ref WireWriter writer)
    {
        var parameters = _ecdsa.ExportParameters(includePrivateParameters: true);

        // Behind the type, the public blob has what the private section begins with.
        writer.WriteBytes(PublicKey.Blob.Span[(sizeof(uint) + PublicKey.Type.Length)..]);
        writer.WriteMpint(parameters.D);
        CryptographicOperations.ZeroMemory(parameters.D);
    }
}
