using Postern.Login.Pages;
using Postern.Login.Pages.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Factors;

/// <summary>Lets nobody change how an account signs in whose last proof is not recent, and leads them to give one.</summary>
internal sealed class RecentProof(BrowserSessions browsers, PageWriter pages)
{
    /// <summary>The session, for showing a page; null when the answer is a redirect to the proof, which comes back here.</summary>
    public async Task<LiveSession?> RequireAsync(HttpContext context)
    {
        var live = await browsers.FindAsync(context);
        return Check(context, live, context.Request.Query[FormFields.ReturnUrl]) ? live : null;
    }

    /// <summary>The session and the form, for doing what a page asked; null when the answer is written already.</summary>
    public async Task<(LiveSession Live, IFormCollection Form)?> RequireWithFormAsync(HttpContext context)
    {
        var live = await browsers.FindAsync(context);
        return await pages.ReadFormAsync(context) is { } form && Check(context, live, form[FormFields.ReturnUrl]) ? (live!, form) : null;
    }

    private bool Check(HttpContext context, LiveSession? live, string? onward)
    {
        if (live is not null && browsers.IsRecent(live))
        {
            return true;
        }

        var here = SignInLink.WithReturnUrl(context.Request.Path, string.IsNullOrEmpty(onward) ? null : SignInLink.SafeReturnUrl(onward));
        context.SeeOther(live is null ? SignInLink.WithReturnUrl(LoginPaths.SignIn, here) : ConfirmEndpoint.Link(here));
        return false;
    }
}
