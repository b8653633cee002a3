namespace Postern.Directory.Rules;

/// <summary>Why something is allowed or not; the first that applies in this order after <see cref="Allowed"/>.</summary>
public enum AccessReason
{
    /// <summary>Nothing speaks against it.</summary>
    Allowed,

    /// <summary>The account is disabled.</summary>
    UserDisabled,

    /// <summary>The person has no role there; to them it does not exist.</summary>
    NoRole,

    /// <summary>The person has to sign in at a provider, and did not.</summary>
    SsoRequired,

    /// <summary>The organization asks for a second factor and the sign-in had none.</summary>
    MfaRequired,

    /// <summary>The project or its organization is suspended.</summary>
    Suspended,

    /// <summary>The person's role does not include it.</summary>
    RoleTooLow,

    /// <summary>The environment was never deployed, does not run, or is being deleted.</summary>
    EnvironmentNotActive,
}
