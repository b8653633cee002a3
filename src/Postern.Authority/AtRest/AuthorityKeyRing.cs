using Postern.Ssh.Keys;

namespace Postern.Authority;

/// <summary>The authorities' keys as they were at one moment.</summary>
/// <param name="Keys">All that can be read, oldest first.</param>
/// <param name="Signers">The active one of each purpose.</param>
/// <param name="SigningFaults">Why there is none for a purpose although one is stored.</param>
/// <param name="Unreadable">Ids of all that cannot be read or opened.</param>
/// <param name="LoadedAt">When, by <see cref="TimeProvider.GetTimestamp"/>.</param>
internal sealed record AuthorityKeyRing(
    IReadOnlyList<AuthorityKey> Keys,
    IReadOnlyDictionary<AuthorityPurpose, ISigner> Signers,
    IReadOnlyDictionary<AuthorityPurpose, AuthorityKeyException> SigningFaults,
    IReadOnlyList<Guid> Unreadable,
    long LoadedAt)
{
    // Asked for several times by every connection.
    private readonly Dictionary<AuthorityPurpose, PublicKey[]> _trusted = Keys
        .Where(k => k.State != AuthorityKeyState.Retired)
        .GroupBy(k => k.Purpose)
        .ToDictionary(g => g.Key, g => g.OrderBy(k => k.State).Select(k => k.PublicKey).ToArray());

    /// <summary>The keys whose certificates count, the signing one first.</summary>
    public IReadOnlyList<PublicKey> Trusted(AuthorityPurpose purpose) => _trusted.GetValueOrDefault(purpose, []);
}
