namespace Postern.Gateway.Refusals;

/// <summary>
/// Why a connection or channel was refused: the stable code that people see as <c>Code: PST-nnn</c>. Numbers are never
/// used twice; <c>docs/codes.md</c> lists each with its cause and cure.
/// </summary>
public enum RefusalCode
{
    /// <summary>The service does not exist, or the person may not know that it does.</summary>
    NoSuchService = 101,

    /// <summary>The person's role on the environment does not include SSH.</summary>
    RoleTooLow = 102,

    /// <summary>The environment is inactive, paused, being deleted or was never deployed.</summary>
    EnvironmentNotActive = 103,

    /// <summary>The project or its organization is suspended.</summary>
    ProjectSuspended = 104,

    /// <summary>The app has no instance of that number.</summary>
    NoSuchInstance = 105,

    /// <summary>The certificate has expired, or is not valid yet.</summary>
    CertificateExpired = 201,

    /// <summary>The certificate was not made by this Postern, or its authority is no longer trusted.</summary>
    CertificateNotTrusted = 202,

    /// <summary>The session that the certificate belongs to has ended.</summary>
    SessionEnded = 203,

    /// <summary>The account is disabled.</summary>
    AccountDisabled = 204,

    /// <summary>The certificate is tied to another network address.</summary>
    AddressNotAllowed = 205,

    /// <summary>The key, the certificate or its authority is on the operator's revocation list.</summary>
    KeyRevoked = 206,

    /// <summary>The operator's revocation list cannot be read, so that nobody can be told from who is on it.</summary>
    RevocationUnknown = 207,

    /// <summary>The organization asks for multi-factor authentication.</summary>
    MfaRequired = 301,

    /// <summary>The code of the authenticator app is wrong, or was used before.</summary>
    CodeWrong = 302,

    /// <summary>Too many codes were wrong, so none is looked at for a while.</summary>
    CodesLocked = 303,

    /// <summary>The sign-in that was waited for was denied.</summary>
    SignInDenied = 304,

    /// <summary>Nobody signed in while the connection waited.</summary>
    SignInExpired = 305,

    /// <summary>The person has to sign in at the provider of their organization.</summary>
    SsoRequired = 306,

    /// <summary>The client has no key that is known, and nobody answered that they want to sign in.</summary>
    SignInNotWanted = 307,

    /// <summary>A tunnel was asked for to something that is not a relationship of the app.</summary>
    DestinationNotAllowed = 401,

    /// <summary>A service did not answer.</summary>
    DestinationUnreachable = 402,

    /// <summary>The app or a service of the environment could not be started.</summary>
    TargetFailed = 403,

    /// <summary>The certificate does not permit what was asked for.</summary>
    NotPermittedByCertificate = 404,

    /// <summary>The person has as many connections open as one may have.</summary>
    TooManyConnections = 501,

    /// <summary>As many connections wait for a sign-in as may.</summary>
    TooManySignIns = 502,
}
