using Postern.Ssh.Keys.Interop;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Keys;

/// <summary>An Ed25519 key inside a FIDO authenticator.</summary>
public sealed class SecurityKeyEd25519PublicKey : SecurityKeyPublicKey
{
    internal const string TypeName = "sk-ssh-ed25519@openssh.com";

    private readonly byte[] _point;

    private SecurityKeyEd25519PublicKey(byte[] blob, byte[] point, ReadOnlySpan<byte> application)
        : base(blob, application) => _point = point;

    /// <inheritdoc/>
    public override string Type => TypeName;

    /// <inheritdoc/>
    public override IReadOnlyList<string> SignatureAlgorithms { get; } = [TypeName];

    internal static SecurityKeyEd25519PublicKey ReadFields(string type, scoped ref WireReader reader, byte[] blob)
    {
        var point = Ed25519PublicKey.ReadPoint(ref reader).ToArray();
        return new SecurityKeyEd25519PublicKey(blob, point, ReadApplication(ref reader));
    }

    private protected override bool VerifyAssertion(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        Libcrypto.VerifyEd25519(_point, data, signature);
}
