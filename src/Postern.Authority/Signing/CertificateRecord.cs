using System.Net;

namespace Postern.Authority;

/// <summary>A user certificate that is about to be handed out.</summary>
/// <param name="Serial">Its number: positive, and no other certificate's.</param>
/// <param name="KeyId">Its key id: the person's id.</param>
/// <param name="UserId">The person.</param>
/// <param name="SessionId">The session that asked.</param>
/// <param name="TokenId">The <c>jti</c> of the token that asked.</param>
/// <param name="KeyFingerprint">The SHA-256 fingerprint of the certified key.</param>
/// <param name="AuthorityFingerprint">The SHA-256 fingerprint of the signing key.</param>
/// <param name="Principals">Its principals, at least one.</param>
/// <param name="ValidAfter">Its first second.</param>
/// <param name="ValidBefore">The second after its last.</param>
/// <param name="SourceAddress">Where the request came from, or null when that is not known.</param>
/// <param name="IssuedAt">When it was signed.</param>
public sealed record CertificateRecord(
    long Serial,
    string KeyId,
    Guid UserId,
    Guid SessionId,
    string TokenId,
    string KeyFingerprint,
    string AuthorityFingerprint,
    IReadOnlyList<string> Principals,
    DateTimeOffset ValidAfter,
    DateTimeOffset ValidBefore,
    IPAddress? SourceAddress,
    DateTimeOffset IssuedAt);
