namespace Postern.Directory.Organizations;

/// <summary>
/// Who may do what in an organization. Pure. Owners may do everything; administrators may not touch owners nor make any;
/// members may leave. Nobody gives more than they have.
/// </summary>
public static class OrganizationRules
{
    /// <summary>Whether the role looks after the organization and its people.</summary>
    public static bool IsAdministrator(OrganizationRole? role) => role is OrganizationRole.Admin or OrganizationRole.Owner;

    /// <summary>May a person change what another is?</summary>
    /// <param name="actor">What the one who asks is, or null when nothing.</param>
    /// <param name="present">What the other is.</param>
    /// <param name="wanted">What the other shall be.</param>
    /// <param name="owners">How many owners there are: the other, if one, and those besides who can sign in.</param>
    public static MembershipVerdict DecideRoleChange(
        OrganizationRole? actor, OrganizationRole present, OrganizationRole wanted, int owners)
    {
        if (Administer(actor) is var verdict and not MembershipVerdict.Allowed)
        {
            return verdict;
        }

        if (actor != OrganizationRole.Owner && (present == OrganizationRole.Owner || wanted == OrganizationRole.Owner))
        {
            return MembershipVerdict.NeedsOwner;
        }

        return present == OrganizationRole.Owner && wanted != OrganizationRole.Owner && owners < 2
            ? MembershipVerdict.LastOwner
            : MembershipVerdict.Allowed;
    }

    /// <summary>May a person invite somebody to be this?</summary>
    public static MembershipVerdict DecideInvitation(OrganizationRole? actor, OrganizationRole wanted) =>
        DecideRoleChange(actor, OrganizationRole.Member, wanted, owners: 1);

    /// <summary>May a person take another, or themselves, out of the organization?</summary>
    public static MembershipVerdict DecideRemoval(OrganizationRole? actor, OrganizationRole present, bool isSelf, int owners)
    {
        var verdict = isSelf && actor is not null ? MembershipVerdict.Allowed : Reach(actor, present);
        return verdict == MembershipVerdict.Allowed && present == OrganizationRole.Owner && owners < 2
            ? MembershipVerdict.LastOwner
            : verdict;
    }

    /// <summary>May a person take away another's second factors? Nobody does that to themselves here.</summary>
    public static MembershipVerdict DecideFactorReset(OrganizationRole? actor, OrganizationRole present) => Reach(actor, present);

    /// <summary>May a person decide whether the organization asks for a second factor?</summary>
    /// <param name="actor">What the one who asks is, or null when nothing.</param>
    /// <param name="hasMfa">Whether their sign-in had a second factor.</param>
    public static MembershipVerdict DecideMfaSwitch(OrganizationRole? actor, bool hasMfa)
    {
        var verdict = Administer(actor);
        return verdict == MembershipVerdict.Allowed && !hasMfa ? MembershipVerdict.OwnMfaMissing : verdict;
    }

    /// <summary>May a person do what administrators do?</summary>
    public static MembershipVerdict Administer(OrganizationRole? actor)
    {
        if (actor is null)
        {
            return MembershipVerdict.NotFound;
        }

        return IsAdministrator(actor) ? MembershipVerdict.Allowed : MembershipVerdict.NeedsAdministrator;
    }

    private static MembershipVerdict Reach(OrganizationRole? actor, OrganizationRole present)
    {
        var verdict = Administer(actor);
        return verdict == MembershipVerdict.Allowed && present == OrganizationRole.Owner && actor != OrganizationRole.Owner
            ? MembershipVerdict.NeedsOwner
            : verdict;
    }
}
