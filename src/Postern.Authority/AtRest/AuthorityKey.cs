using Postern.Ssh.Keys;

namespace Postern.Authority;

/// <summary>The public side of an authority's key, for those who list, export and trust it.</summary>
/// <param name="Id">The key's own id.</param>
/// <param name="Purpose">What it signs.</param>
/// <param name="PublicKey">The public half.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="State">Where it stands.</param>
public sealed record AuthorityKey(
    Guid Id, AuthorityPurpose Purpose, PublicKey PublicKey, DateTimeOffset CreatedAt, AuthorityKeyState State);
