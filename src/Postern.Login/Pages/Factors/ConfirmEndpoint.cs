using Postern.Directory.Rules;
using Postern.Login.Factors;
using Postern.Login.Sessions;
using Postern.Login.SingleSignOn;

namespace Postern.Login.Pages.Factors;

/// <summary>
/// <c>/login/confirm</c>: a person who is signed in proves it again with the strongest that the account has, before a change
/// of how they sign in, or because a client asks for more than this session has.
/// </summary>
internal sealed class ConfirmEndpoint(
    BrowserSessions browsers, PasswordProver passwords, FactorProver prover, FactorPages factorPages, PageWriter pages)
{
    /// <summary>A link to it that comes back to an address of ours.</summary>
    public static string Link(string returnUrl) => SignInLink.WithReturnUrl(LoginPaths.Confirm, returnUrl);

    public async Task ShowAsync(HttpContext context)
    {
        var returnUrl = SignInLink.SafeReturnUrl(context.Request.Query[FormFields.ReturnUrl]);
        if (await browsers.FindAsync(context) is { } live)
        {
            // Who has no factor here proves it where they came from; by their password, if the provider there cannot say that they did.
            if (!live.User.TwoFactorEnabled
                && !(live.Session.AuthTime == AuthenticationTime.Unknown && BrowserSessions.HasUsablePassword(live))
                && SignInProof.Of(live.Session.Amr).Providers is [var provider, ..])
            {
                context.SeeOther(SsoLink.To(provider, returnUrl, isAgain: true, email: live.User.Email));
                return;
            }

            await factorPages.WriteAsync(context, live.User, Question(returnUrl), context.Request.Query[FormFields.Method]);
        }
        else
        {
            context.SeeOther(SignInLink.WithReturnUrl(LoginPaths.SignIn, returnUrl));
        }
    }

    public async Task ProveAsync(HttpContext context)
    {
        var live = await browsers.FindAsync(context);
        if (await pages.ReadFormAsync(context) is not { } form)
        {
            return;
        }

        var returnUrl = SignInLink.SafeReturnUrl(form[FormFields.ReturnUrl]);
        if (live is null)
        {
            context.SeeOther(SignInLink.WithReturnUrl(LoginPaths.SignIn, returnUrl));
            return;
        }

        var proof = live.User.TwoFactorEnabled
            ? await prover.ProveAsync(context, live.User, form)
            : await passwords.ProveAsync(context, live.User, form[FormFields.Password]);
        if (proof.Error is not null)
        {
            await factorPages.WriteAsync(context, live.User, Question(returnUrl), form[FormFields.Method], proof);
            return;
        }

        await browsers.ConfirmAsync(context, live, proof.Methods);
        context.SeeOther(returnUrl);
    }

    private static FactorQuestion Question(string returnUrl) => new("Confirm that it is you", "", LoginPaths.Confirm, returnUrl);
}
