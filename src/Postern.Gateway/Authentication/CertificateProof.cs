using Postern.Ssh.Keys;

namespace Postern.Gateway.Authentication;

/// <summary>The parts of a verified certificate that bind its connection, or can lose their worth while it is open.</summary>
/// <param name="Serial">Its serial, which may be revoked.</param>
/// <param name="KeyId">Its key id, which may be revoked too.</param>
/// <param name="Authority">The key that signed it, which may be retired.</param>
/// <param name="IsAddressPinned">Whether it is tied to a network address, which an organization may come to ask for.</param>
/// <param name="ForcedCommand">The only command that it may run, or null for any.</param>
/// <param name="Permissions">What it permits beyond commands.</param>
public sealed record CertificateProof(
    long Serial, string KeyId, PublicKey Authority, bool IsAddressPinned, string? ForcedCommand, CertificatePermissions Permissions);
