using Postern.Directory.Organizations;
using Postern.Directory.SingleSignOn;

namespace Postern.Login.Pages.Organizations;

/// <summary>What can be done on the page of single sign-on, and what is said about it.</summary>
internal static class SsoAction
{
    public const string Test = "test";
    public const string Enforce = "enforce";
    public const string Relax = "relax";
    public const string Remove = "remove";
    public const string Exempt = "exempt";
    public const string Include = "include";
    public const string Added = "added";
    public const string Changed = "changed";

    public static string? NoticeOf(string? done) => done switch
    {
        Enforce => "Single sign-on is required from now on.",
        Relax => "Single sign-on is no longer required.",
        Remove => "The provider is removed, and who came from there is signed out.",
        Exempt => "They may sign in without the provider.",
        Include => "They sign in at the provider like everybody else.",
        Added => "The provider is added. Test it, then sign in with it.",
        Changed => "The provider is changed.",
        _ => null,
    };

    public static string TextOf(MembershipVerdict verdict) => verdict switch
    {
        MembershipVerdict.NotFound => "There is no such provider or person any more.",
        MembershipVerdict.NameTaken => "That short name is taken on this server. Choose another one.",
        MembershipVerdict.NameInvalid => $"The short name has 1 to {SsoMethod.LongestName} lower-case letters, digits and single hyphens between them.",
        MembershipVerdict.TooMany => $"An organization may have {IdentityProviders.MaximumPerOrganization} providers; remove one that you do not use.",
        MembershipVerdict.DomainNotAssigned => "A domain does not belong to this organization. The operator of this server assigns domains.",
        MembershipVerdict.DomainTaken => "Another provider of the organization has that domain already.",
        MembershipVerdict.Enforced => "Stop requiring it before you change issuer or client id: a slip would lock everybody out.",
        MembershipVerdict.NeverUsed => "Nobody has signed in with it yet, so nobody knows whether it works. Sign in with it once, then require it.",
        _ => VerdictText.Of(verdict),
    };
}
