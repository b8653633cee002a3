using Postern.Directory.SingleSignOn;
using Postern.Login.Accounts;
using Postern.Login.Factors;
using Postern.Login.Sessions;
using Postern.Login.SingleSignOn;

namespace Postern.Login.Pages.Factors;

/// <summary><c>POST /login/passkey</c>: a passkey in place of everything else. It says who the person is, and that they were verified.</summary>
internal sealed class PasskeySignInEndpoint(
    BrowserSessions browsers,
    Passkeys passkeys,
    IdentityProviders providers,
    RefusedSignIns refused,
    SignInEndpoint signIn,
    PageWriter pages,
    LoginOptions options,
    TimeProvider clock)
{
    private readonly AttemptLimiter _addresses = new(options.AttemptWindow, options.AttemptWindow, clock);

    public async Task SignInAsync(HttpContext context)
    {
        await browsers.FindAsync(context);
        if (await pages.ReadFormAsync(context) is not { } form)
        {
            return;
        }

        var returnUrl = SignInLink.SafeReturnUrl(form[FormFields.ReturnUrl]);
        if (_addresses.Count(RequestOrigin.CountedAddress(context), options.AttemptsPerAddress) is { } wait)
        {
            context.RetryAfter(wait);
            await signIn.ShowAgainAsync(
                context, StatusCodes.Status429TooManyRequests, "", returnUrl, $"Too many attempts. Try again in {Wording.Wait(wait)}.");
            return;
        }

        var found = await passkeys.CheckAsync(
            context, userId: null, form[FormFields.PasskeyState].ToString(), form[FormFields.Credential].ToString());
        if (found is not { } proved)
        {
            await refused.NoteAsync(null, RequestOrigin.Of(context), "passkey not accepted", context.RequestAborted);
            await signIn.ShowAgainAsync(
                context,
                StatusCodes.Status422UnprocessableEntity,
                "",
                returnUrl,
                "This passkey was not accepted. It may have been removed from its account; sign in with your password.");
        }
        else if (proved.User.IsDisabled)
        {
            await signIn.ShowAgainAsync(
                context, StatusCodes.Status422UnprocessableEntity, "", returnUrl, "This account is disabled. Ask your administrator to enable it.");
        }
        else if (await providers.FindRequiredAsync(proved.User.Id, context.RequestAborted) is { } provider)
        {
            context.SeeOther(SsoLink.To(provider, returnUrl, email: proved.User.Email));
        }
        else
        {
            await browsers.SignInAsync(
                context, proved.User, AuthenticationMethods.Join(proved.Method, AuthenticationMethods.MultiFactor), SessionGrant.Passkey);
            context.SeeOther(returnUrl);
        }
    }
}
