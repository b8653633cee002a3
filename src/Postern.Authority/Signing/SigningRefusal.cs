namespace Postern.Authority;

/// <summary>Why the authority does not sign.</summary>
public enum SigningRefusal
{
    /// <summary>The text is not one public key, or the key is too short, too long or not one of its curve.</summary>
    UnacceptableKey,

    /// <summary>A certificate stands where a key is wanted.</summary>
    CertificateInsteadOfKey,

    /// <summary>The key is of a type that is not signed, such as DSA.</summary>
    UnsupportedKeyType,

    /// <summary>The key is an authority's own.</summary>
    AuthorityKey,

    /// <summary>Nobody is named, or somebody in a way that cannot be.</summary>
    UnacceptablePrincipal,

    /// <summary>The session is over.</summary>
    SessionEnded,

    /// <summary>The lifetime is too short or too long.</summary>
    UnacceptableLifetime,

    /// <summary>The token's id, claims or access are missing, malformed or too large for a certificate.</summary>
    UnacceptableClaims,

    /// <summary>The operator's revocation list names the key, the account or the authority.</summary>
    Revoked,

    /// <summary>The operator's revocation list cannot be read.</summary>
    RevocationUnknown,

    /// <summary>The addresses to pin to are malformed, or there are none.</summary>
    UnacceptableSourceAddress,
}
