namespace Postern.Ssh.Keys;

/// <summary>Why a well-formed certificate is not accepted.</summary>
public enum CertificateRefusal
{
    /// <summary>It is accepted.</summary>
    None,

    /// <summary>Its signer is not one of the trusted authorities.</summary>
    Untrusted,

    /// <summary>It vouches for a server where a person is asked for, or the reverse.</summary>
    WrongType,

    /// <summary>Its first second is still to come.</summary>
    NotYetValid,

    /// <summary>Its last second is past.</summary>
    Expired,

    /// <summary>It names nobody; that never means everybody.</summary>
    NoPrincipals,

    /// <summary>It does not name the one who is asked for.</summary>
    PrincipalMismatch,

    /// <summary>It carries a critical option that the reader does not enforce.</summary>
    UnknownCriticalOption,

    /// <summary>It may not be used from that address, or the address is not known.</summary>
    SourceAddressMismatch,
}
