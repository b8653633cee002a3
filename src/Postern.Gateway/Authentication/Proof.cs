using Postern.Directory.Routing;
using Postern.Ssh.Keys;

namespace Postern.Gateway.Authentication;

/// <summary>
/// Who a connection belongs to and how that was proved: by a key whose signature was verified, or by a sign-in that was
/// approved for this connection. What the person may do is never part of it.
/// </summary>
/// <param name="Person">The person, as known when the connection was made.</param>
/// <param name="SessionId">The login session of the certificate or of the approved sign-in, or null for a plain key.</param>
/// <param name="Key">The key whose possession was proved; for a certificate the one in it; null for an approved sign-in.</param>
/// <param name="Description">For logs and audit: kind, serial or fingerprint.</param>
/// <param name="Certificate">What may be taken back of the certificate, or null without one.</param>
public sealed record Proof(
    Person Person, Guid? SessionId, PublicKey? Key, string Description, CertificateProof? Certificate)
{
    /// <summary>The registered key, or null when it was proved in another way.</summary>
    public RegisteredKey? PlainKey { get; init; }
}
