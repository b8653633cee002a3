namespace Postern.Gateway.Listening;

/// <summary>What a source is penalised for; the first six are those of OpenSSH's PerSourcePenalties.</summary>
public enum Penalty
{
    /// <summary>It tried to authenticate and nobody was known by what it offered.</summary>
    AuthenticationFailed,

    /// <summary>It did so for a user name that no app of ours can have, as scanners do.</summary>
    InvalidUser,

    /// <summary>It connected and did not try to authenticate.</summary>
    NoAuthentication,

    /// <summary>It kept a connection for the whole login grace.</summary>
    GraceExceeded,

    /// <summary>It made more authentication requests than one connection may.</summary>
    TooManyRequests,

    /// <summary>It broke the protocol after it had shown that it speaks it; OpenSSH's word for this is crash.</summary>
    ProtocolBroken,

    /// <summary>A person we know was refused and told why.</summary>
    Denied,
}
