using Postern.Directory.Organizations;

namespace Postern.Login.Pages.Organizations;

/// <summary>Says to a person why something was not done.</summary>
internal static class VerdictText
{
    public static string Of(MembershipVerdict verdict) => verdict switch
    {
        MembershipVerdict.NotFound => "There is no such person in this organization any more.",
        MembershipVerdict.NeedsAdministrator => "Only owners and administrators may do that.",
        MembershipVerdict.NeedsOwner => "Only an owner may change owners, or make somebody one.",
        MembershipVerdict.LastOwner => "An organization keeps at least one owner. Make somebody else an owner first.",
        MembershipVerdict.ReliedOnElsewhere =>
            "This person's second factors protect another organization too, which you do not look after. Whoever runs this server can reset "
            + "them, with: postern-server user reset-mfa",
        MembershipVerdict.NotForMachines => "A machine user owns nothing.",
        MembershipVerdict.MfaRequired => "This organization requires multi-factor authentication: sign in with your second factor.",
        MembershipVerdict.OwnMfaMissing => "Set up a second factor for yourself and sign in with it first.",
        MembershipVerdict.NameTaken => "There is a machine user of that name already.",
        MembershipVerdict.NameInvalid => $"A name has 1 to {MachineUser.MaximumNameLength} lower-case letters, digits and single hyphens between them.",
        MembershipVerdict.TooMany => $"An organization may have {MachineUser.MaximumPerOrganization} machine users; delete one that you do not use.",
        _ => "",
    };
}
