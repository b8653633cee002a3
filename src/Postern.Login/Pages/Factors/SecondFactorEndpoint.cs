using Postern.Login.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Pages.Factors;

/// <summary><c>/login/factor</c>: the step after the password or the provider. Without them it only leads back to them.</summary>
internal sealed class SecondFactorEndpoint(
    BrowserSessions browsers, PendingSignIn pending, FactorProver prover, FactorPages factorPages, PageWriter pages, TimeProvider clock)
{
    public async Task ShowAsync(HttpContext context)
    {
        var returnUrl = SignInLink.SafeReturnUrl(context.Request.Query[FormFields.ReturnUrl]);
        await browsers.FindAsync(context);
        if (await pending.FindAsync(context) is { } half)
        {
            await factorPages.WriteAsync(context, half.User, Question(returnUrl), context.Request.Query[FormFields.Method]);
        }
        else
        {
            context.SeeOther(SignInLink.WithReturnUrl(LoginPaths.SignIn, returnUrl));
        }
    }

    public async Task ProveAsync(HttpContext context)
    {
        await browsers.FindAsync(context);
        if (await pages.ReadFormAsync(context) is not { } form)
        {
            return;
        }

        var returnUrl = SignInLink.SafeReturnUrl(form[FormFields.ReturnUrl]);
        if (await pending.FindAsync(context) is not { } half)
        {
            context.SeeOther(SignInLink.WithReturnUrl(LoginPaths.SignIn, returnUrl));
            return;
        }

        var proof = await prover.ProveAsync(context, half.User, form);
        if (proof.Error is not null)
        {
            await factorPages.WriteAsync(context, half.User, Question(returnUrl), form[FormFields.Method], proof);
            return;
        }

        await PendingSignIn.EndAsync(context);

        // Where the provider does not say when the person proved who they are, this is the proof.
        var sso = half.Sso is null ? null : half.Sso with { AuthTime = half.Sso.AuthTime ?? clock.GetUtcNow() };
        await browsers.SignInAsync(
            context, half.User, AuthenticationMethods.Join(half.Amr, proof.Methods), sso is null ? SessionGrant.Browser : SessionGrant.Sso, sso);
        context.SeeOther(returnUrl);
    }

    private static FactorQuestion Question(string returnUrl) => new("One more step", "", LoginPaths.SecondFactor, returnUrl);
}
