using System.Security.Cryptography;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>An ECDSA key over one of the NIST curves (RFC 5656 section 3).</summary>
public sealed class EcdsaPublicKey : PublicKey
{
    private readonly ECParameters _parameters;

    private EcdsaPublicKey(string type, byte[] blob, ECParameters parameters)
        : base(blob)
    {
        Type = type;
        SignatureAlgorithms = [type];
        _parameters = parameters;
    }

    /// <inheritdoc/>
    public override string Type { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> SignatureAlgorithms { get; }

    internal static EcdsaPublicKey ReadFields(string type, scoped ref WireReader reader, byte[] blob) =>
        new(type, blob, NistCurve.OfKeyType(type).ReadKey(ref reader));

    private protected override bool VerifyBody(string algorithm, ReadOnlySpan<byte> data, scoped ref WireReader signature)
    {
        var body = new WireReader(signature.ReadString(WireLimits.Signature));
        signature.RequireEnd();
        return NistCurve.OfKeyType(Type).Verify(_parameters, data, ref body);
    }
}
