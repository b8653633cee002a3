using Postern.Login.Pages;

namespace Postern.Login.Sessions;

/// <summary>What every page of an account begins with: somebody is signed in, and a form is one of ours.</summary>
internal sealed class SignedIn(BrowserSessions browsers, PageWriter pages)
{
    /// <summary>The session, for showing a page; null when the answer is the way to the sign-in, which comes back here.</summary>
    public async Task<LiveSession?> RequireAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is { } live)
        {
            return live;
        }

        context.SeeOther(SignInLink.To(context));
        return null;
    }

    /// <summary>The session and the form, for doing what a page asked; null when the answer is written already.</summary>
    public async Task<(LiveSession Live, IFormCollection Form)?> RequireWithFormAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(LoginPaths.SignIn);
            return null;
        }

        return await pages.ReadFormAsync(context) is { } form ? (live, form) : null;
    }
}
