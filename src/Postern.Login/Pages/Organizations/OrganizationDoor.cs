using Postern.Directory.Organizations;
using Postern.Login.Factors;
using Postern.Login.Pages.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Pages.Organizations;

/// <summary>Opens an organization for a page: it exists for who belongs to it, and asks for the proof that it asks of all.</summary>
internal sealed class OrganizationDoor(SignedIn signedIn, RecentProof recent, OrganizationReader organizations, PageWriter pages)
{
    /// <summary>For showing a page; null when the answer is written.</summary>
    public async Task<OrganizationVisit?> OpenAsync(HttpContext context, string id, bool forAdministrators)
    {
        var live = await signedIn.RequireAsync(context);
        return live is null ? null : await EnterAsync(context, live, null, id, forAdministrators);
    }

    /// <summary>For doing what a form asked; null when the answer is written.</summary>
    public async Task<OrganizationVisit?> OpenWithFormAsync(HttpContext context, string id, bool forAdministrators) =>
        await signedIn.RequireWithFormAsync(context) is var (live, form)
            ? await EnterAsync(context, live, form, id, forAdministrators)
            : null;

    /// <summary>
    /// For doing what a form asked that gives rights or takes them; null when the answer is written. Without a recent proof
    /// it is the way there, which comes back to the page of the form.
    /// </summary>
    public async Task<OrganizationVisit?> OpenRecentlyProvedAsync(HttpContext context, string id, string page, bool forAdministrators) =>
        await recent.RequireWithFormAsync(context, page) is var (live, form)
            ? await EnterAsync(context, live, form, id, forAdministrators)
            : null;

    /// <summary>The same for a session and form that were read already.</summary>
    public async Task<OrganizationVisit?> EnterAsync(
        HttpContext context, LiveSession live, IFormCollection? form, string id, bool forAdministrators)
    {
        var place = await organizations.FindPlaceAsync(live.User.Id, id, context.RequestAborted);
        if (place is null)
        {
            await pages.WriteErrorAsync(
                context, StatusCodes.Status404NotFound, "There is no such organization", "It does not exist, or you do not belong to it.",
                "Check the address, or ask an administrator of the organization to invite you.", ("Your organizations", LoginPaths.Organizations));
            return null;
        }

        if (place.Organization.RequiresMfa && !live.Session.HasMfa)
        {
            await RefuseWithoutMfaAsync(context, live, place.Organization.Label, OrganizationPath.Members(id));
            return null;
        }

        if (forAdministrators && !OrganizationRules.IsAdministrator(place.Role))
        {
            await pages.WriteErrorAsync(
                context, StatusCodes.Status403Forbidden, "Only for administrators", $"You are {Wording.Role(place.Role)} of {place.Organization.Label}.",
                "Ask an owner or administrator of the organization.", ($"Back to {place.Organization.Label}", OrganizationPath.Members(id)));
            return null;
        }

        return new OrganizationVisit(live, place, form, new OrganizationActor(live.User.Id, live.Session.HasMfa, context.TraceIdentifier));
    }

    /// <summary>Says that an organization asks for a second factor, and leads to it and back to <paramref name="page"/>.</summary>
    public Task RefuseWithoutMfaAsync(HttpContext context, LiveSession live, string organization, string page) => pages.WriteErrorAsync(
        context,
        StatusCodes.Status403Forbidden,
        $"{organization} requires multi-factor authentication",
        "You signed in without a second factor.",
        live.User.TwoFactorEnabled ? "Prove it with yours, and go on." : "Set one up, and go on. It takes a minute.",
        (live.User.TwoFactorEnabled ? "Use your second factor" : "Set up a second factor",
            StepUpLink.Find([AuthenticationMethods.MultiFactor], live, page) ?? page));
}
