using System.Security.Cryptography;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>An ECDSA P-256 key inside a FIDO authenticator.</summary>
public sealed class SecurityKeyEcdsaPublicKey : SecurityKeyPublicKey
{
    internal const string TypeName = "sk-ecdsa-sha2-nistp256@openssh.com";

    private readonly ECParameters _parameters;

    private SecurityKeyEcdsaPublicKey(byte[] blob, ECParameters parameters, ReadOnlySpan<byte> application)
        : base(blob, application) => _parameters = parameters;

    /// <inheritdoc/>
    public override string Type => TypeName;

    /// <inheritdoc/>
    public override IReadOnlyList<string> SignatureAlgorithms { get; } = [TypeName];

    internal static SecurityKeyEcdsaPublicKey ReadFields(string type, scoped ref WireReader reader, byte[] blob)
    {
        var parameters = NistCurve.P256.ReadKey(ref reader);
        return new SecurityKeyEcdsaPublicKey(blob, parameters, ReadApplication(ref reader));
    }

    private protected override bool VerifyAssertion(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        var body = new WireReader(signature);
        return NistCurve.P256.Verify(_parameters, data, ref body);
    }
}
