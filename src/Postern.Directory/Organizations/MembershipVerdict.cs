namespace Postern.Directory.Organizations;

/// <summary>Whether something may be done in an organization, and why not.</summary>
public enum MembershipVerdict
{
    /// <summary>It may be done, or was.</summary>
    Allowed,

    /// <summary>The organization or the person does not exist, or the one who asks may not know.</summary>
    NotFound,

    /// <summary>Only owners and administrators may.</summary>
    NeedsAdministrator,

    /// <summary>Only owners may.</summary>
    NeedsOwner,

    /// <summary>An organization keeps at least one owner.</summary>
    LastOwner,

    /// <summary>Another organization relies on it, in which the one who asks could not do it.</summary>
    ReliedOnElsewhere,

    /// <summary>A machine owns nothing.</summary>
    NotForMachines,

    /// <summary>The organization asks for a second factor, and this sign-in had none.</summary>
    MfaRequired,

    /// <summary>Who wants others to have a second factor has one, and used it.</summary>
    OwnMfaMissing,

    /// <summary>The name is taken.</summary>
    NameTaken,

    /// <summary>The name is not one that can be given.</summary>
    NameInvalid,

    /// <summary>The operator has not assigned the domain to this organization.</summary>
    DomainNotAssigned,

    /// <summary>Another provider of the organization has the domain.</summary>
    DomainTaken,

    /// <summary>People have to use the provider, so where it leads does not change.</summary>
    Enforced,

    /// <summary>Nobody has come from the provider yet, so nobody has to.</summary>
    NeverUsed,

    /// <summary>There are as many as there may be.</summary>
    TooMany,
}
