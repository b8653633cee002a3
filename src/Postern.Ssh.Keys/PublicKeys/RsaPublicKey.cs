using System.Numerics;
using System.Security.Cryptography;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>An RSA key (RFC 4253 section 6.6) with signatures of RFC 8332; the SHA-1 ones of RFC 4253 are never accepted.</summary>
public sealed class RsaPublicKey : PublicKey
{
    internal const string TypeName = "ssh-rsa";
    internal const string Sha256 = "rsa-sha2-256";
    internal const string Sha512 = "rsa-sha2-512";

    /// <summary>The least bits of a modulus; shorter ones are within reach of those who try.</summary>
    public const int MinimumBits = 2048;

    /// <summary>The most bits of a modulus: longer ones only serve to keep the verifier busy.</summary>
    public const int MaximumBits = 16384;

    /// <summary>The most bytes of an exponent; libcrypto itself refuses longer ones for large moduli.</summary>
    private const int MaximumExponentBytes = 8;

    private readonly RSAParameters _parameters;

    private RsaPublicKey(byte[] blob, RSAParameters parameters, int bits)
        : base(blob)
    {
        _parameters = parameters;
        Bits = bits;
    }

    /// <inheritdoc/>
    public override string Type => TypeName;

    /// <inheritdoc/>
    public override IReadOnlyList<string> SignatureAlgorithms { get; } = [Sha512, Sha256];

    /// <summary>The bits of the modulus.</summary>
    public int Bits { get; }

    internal static RsaPublicKey ReadFields(string type, scoped ref WireReader reader, byte[] blob)
    {
        var exponent = reader.ReadMpint(MaximumExponentBytes + 1);
        var modulus = reader.ReadMpint(WireLimits.Mpint);
        var bits = modulus.IsEmpty ? 0 : ((modulus.Length - 1) * 8) + BitOperations.Log2(modulus[0]) + 1;
        if (bits is < MinimumBits or > MaximumBits)
        {
            WireFormatException.Throw($"an RSA modulus of {bits} bits is outside {MinimumBits} to {MaximumBits}");
        }

        // 1 would make every message its own signature, and an even number is the exponent or modulus of no RSA key.
        if (exponent.IsEmpty || (exponent[^1] & 1) == 0 || (exponent.Length == 1 && exponent[0] == 1)
            || exponent.Length > MaximumExponentBytes || (modulus[^1] & 1) == 0)
        {
            WireFormatException.Throw("the RSA exponent or modulus is not one of a key");
        }

        return new RsaPublicKey(blob, new RSAParameters { Exponent = exponent.ToArray(), Modulus = modulus.ToArray() }, bits);
    }

    internal static HashAlgorithmName HashOf(string algorithm) => algorithm switch
    {
        Sha256 => HashAlgorithmName.SHA256,
        Sha512 => HashAlgorithmName.SHA512,
        _ => throw new ArgumentException("RSA has no such signature algorithm", nameof(algorithm)),
    };

    private protected override bool VerifyBody(string algorithm, ReadOnlySpan<byte> data, scoped ref WireReader signature)
    {
        var value = signature.ReadString(WireLimits.Mpint);
        signature.RequireEnd();
        var size = _parameters.Modulus!.Length;
        if (value.IsEmpty || value.Length > size)
        {
            return false;
        }

        // Some signers leave out leading zeros, which RFC 8332 section 3 does not want and OpenSSH accepts.
        Span<byte> padded = stackalloc byte[size];
        padded.Clear();
        value.CopyTo(padded[^value.Length..]);
        try
        {
            using var rsa = RSA.Create(_parameters);
            return rsa.VerifyData(data, padded, HashOf(algorithm), RSASignaturePadding.Pkcs1);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}
