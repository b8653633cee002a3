using Postern.Directory.Routing;
using Postern.Ssh.Keys;

namespace Postern.Gateway.Authentication;

/// <summary>
/// Who a connection belongs to and how that was proved. Made only from a key whose signature was verified; what the
/// person may do is never part of it.
/// </summary>
/// <param name="Person">The person, as known when the connection was made.</param>
/// <param name="SessionId">The login session of the certificate, or null for a plain key.</param>
/// <param name="Key">The key whose possession was proved; for a certificate the one in it.</param>
/// <param name="Description">For logs and audit: kind, serial or fingerprint.</param>
/// <param name="Certificate">What may be taken back of the certificate, or null for a plain key.</param>
public sealed record Proof(
    Person Person, Guid? SessionId, PublicKey Key, string Description, CertificateProof? Certificate)
{
    /// <summary>The registered key in wire form, or null for a certificate.</summary>
    public ReadOnlyMemory<byte>? PlainKey => Certificate is null ? Key.Blob : (ReadOnlyMemory<byte>?)null;
}
