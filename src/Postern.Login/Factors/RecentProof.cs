using Microsoft.AspNetCore.WebUtilities;
using Postern.Login.Pages;
using Postern.Login.Pages.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Factors;

/// <summary>
/// The one rule for what a stolen browser must not be enough for: the person proved who they are in the last minutes, with a
/// second factor when the account has one. Whoever did not is led to prove it and comes back.
/// </summary>
internal sealed class RecentProof(BrowserSessions browsers, PageWriter pages)
{
    /// <summary>The session, for showing a page that is about nothing else; null when the answer is a redirect to the proof, which comes back here.</summary>
    public async Task<LiveSession?> RequireAsync(HttpContext context)
    {
        var live = await browsers.FindAsync(context);
        return Check(context, live, context.Request.Query[FormFields.ReturnUrl]) ? live : null;
    }

    /// <summary>The session and the form, for doing what such a page asked; null when the answer is written already.</summary>
    public async Task<(LiveSession Live, IFormCollection Form)?> RequireWithFormAsync(HttpContext context)
    {
        return await ReadAsync(context) is var (live, form) && Check(context, live, form[FormFields.ReturnUrl]) ? (live, form) : null;
    }

    /// <summary>The session, for showing a page that sets up a factor: also for who has nothing yet to prove anything by.</summary>
    public async Task<LiveSession?> RequireForNewFactorAsync(HttpContext context)
    {
        var live = await browsers.FindAsync(context);
        return (live is not null && browsers.MaySetUpFactor(live)) || Check(context, live, context.Request.Query[FormFields.ReturnUrl]) ? live : null;
    }

    /// <summary>The session and the form of such a page.</summary>
    public async Task<(LiveSession Live, IFormCollection Form)?> RequireForNewFactorWithFormAsync(HttpContext context) =>
        await ReadAsync(context) is var (live, form) && (browsers.MaySetUpFactor(live) || Check(context, live, form[FormFields.ReturnUrl]))
            ? (live, form)
            : null;

    /// <summary>
    /// The same for a form on a page that anybody who is signed in may read. The proof comes back to that page, which says
    /// that the form has to be sent once more.
    /// </summary>
    public async Task<(LiveSession Live, IFormCollection Form)?> RequireWithFormAsync(HttpContext context, string page)
    {
        return await ReadAsync(context) is var (live, form)
            && Check(context, live, null, QueryHelpers.AddQueryString(page, SignInLink.AgainMark, "1"))
            ? (live, form)
            : null;
    }

    /// <summary>
    /// The session, for showing a form that asks for the password itself, of an account that has one: only a second factor is
    /// asked for before.
    /// </summary>
    public async Task<LiveSession?> RequireBesidePasswordAsync(HttpContext context)
    {
        var live = await browsers.FindAsync(context);
        return (live is not null && HasPasswordAlone(live)) || Check(context, live, null) ? live : null;
    }

    /// <summary>The session and that form.</summary>
    public async Task<(LiveSession Live, IFormCollection Form)?> RequireBesidePasswordWithFormAsync(HttpContext context) =>
        await ReadAsync(context) is var (live, form) && (HasPasswordAlone(live) || Check(context, live, null)) ? (live, form) : null;

    /// <summary>What a page says to whoever comes back from the proof, or null.</summary>
    public static string? NoticeOf(HttpContext context) =>
        context.Request.Query[SignInLink.AgainMark] == "1" ? "Thank you. Nothing was done yet: send the form once more." : null;

    private static bool HasPasswordAlone(LiveSession live) => !live.User.TwoFactorEnabled && BrowserSessions.HasUsablePassword(live);

    private async Task<(LiveSession Live, IFormCollection Form)?> ReadAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(LoginPaths.SignIn);
            return null;
        }

        return await pages.ReadFormAsync(context) is { } form ? (live, form) : null;
    }

    private bool Check(HttpContext context, LiveSession? live, string? onward, string? page = null)
    {
        if (live is not null && browsers.IsRecent(live))
        {
            return true;
        }

        var here = page
            ?? SignInLink.WithReturnUrl(context.Request.Path, string.IsNullOrEmpty(onward) ? null : SignInLink.SafeReturnUrl(onward));
        context.SeeOther(live is null ? SignInLink.WithReturnUrl(LoginPaths.SignIn, here) : ConfirmEndpoint.Link(here));
        return false;
    }
}
