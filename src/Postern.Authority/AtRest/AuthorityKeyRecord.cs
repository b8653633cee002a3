namespace Postern.Authority;

/// <summary>A key of an authority as it is stored; the private half is encrypted under the master key.</summary>
/// <param name="Id">The key's own id.</param>
/// <param name="Purpose">What it signs.</param>
/// <param name="PublicKey">The public half as a line of OpenSSH form.</param>
/// <param name="ProtectedPrivateKey">The encrypted private half, under 256 bytes.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="State">Where it stands.</param>
public sealed record AuthorityKeyRecord(
    Guid Id,
    AuthorityPurpose Purpose,
    string PublicKey,
    byte[] ProtectedPrivateKey,
    DateTimeOffset CreatedAt,
    AuthorityKeyState State);
