using Microsoft.AspNetCore.WebUtilities;
using Postern.Directory.People;
using Postern.Directory.SingleSignOn;
using Postern.Login.Accounts;
using Postern.Login.Factors;
using Postern.Login.Sessions;
using Postern.Login.SingleSignOn;

namespace Postern.Login.Pages;

/// <summary><c>/login</c> and <c>/user/logout</c>.</summary>
internal sealed class SignInEndpoint(
    BrowserSessions browsers,
    PasswordSignIn passwords,
    Passkeys passkeys,
    IdentityProviders providers,
    SsoLookup sso,
    PageWriter pages,
    LoginOptions options)
{
    /// <summary>Says in the address that a password was just set by mail.</summary>
    public const string PasswordSetMark = "password_set";

    public async Task ShowSignInAsync(HttpContext context)
    {
        var returnUrl = SignInLink.SafeReturnUrl(context.Request.Query[FormFields.ReturnUrl]);
        var live = await browsers.FindAsync(context);
        await pages.WriteAsync<SignInPage>(context, StatusCodes.Status200OK, new SignInModel
        {
            Passkey = await BeginPasskeyAsync(context),
            OffersSso = await sso.IsOfferedAsync(context.RequestAborted),
            ReturnUrl = returnUrl,
            ClientName = ClientName(returnUrl),
            SignedInAs = live?.User.Email,
            Notice = context.Request.Query.ContainsKey(PasswordSetMark) ? "Your new password is set. Sign in with it." : null,
        });
    }

    public async Task SignInAsync(HttpContext context)
    {
        var live = await browsers.FindAsync(context);
        if (await pages.ReadFormAsync(context) is not { } form)
        {
            return;
        }

        var email = form[FormFields.Email].ToString();
        var password = form[FormFields.Password].ToString();
        var returnUrl = SignInLink.SafeReturnUrl(form[FormFields.ReturnUrl]);
        var provider = email.Length is > 0 and <= LoginLimits.Email ? await providers.FindByEmailAsync(email, context.RequestAborted) : null;
        if (form[FormFields.Method] == FormFields.MethodSso || (password.Length == 0 && provider is not null))
        {
            await GoToProviderAsync(context, provider, email, returnUrl, live);
            return;
        }

        if (email.Length == 0 || password.Length == 0)
        {
            await ShowAgainAsync(context, StatusCodes.Status422UnprocessableEntity, email, returnUrl, "Enter your e-mail address and your password.");
            return;
        }

        var outcome = await passwords.AttemptAsync(context, email, password);
        switch (outcome.Refusal)
        {
            case null:
                await GoOnAsync(context, outcome.User!, returnUrl);
                break;

            // The domain decides alone: whether there is an account, and whether the password was right, nobody sees.
            case SignInRefusal.WrongCredentials or SignInRefusal.SsoRequired or SignInRefusal.Disabled when provider is { IsEnforced: true }:
                await GoToProviderAsync(context, provider, email, returnUrl, live);
                break;
            case SignInRefusal.TooManyAttempts:
                context.RetryAfter(outcome.RetryAfter);
                await ShowAgainAsync(
                    context, StatusCodes.Status429TooManyRequests, email, returnUrl, $"Too many attempts. Try again in {Wording.Wait(outcome.RetryAfter)}.");
                break;
            case SignInRefusal.Disabled:
                await ShowAgainAsync(
                    context, StatusCodes.Status422UnprocessableEntity, email, returnUrl, "This account is disabled. Ask your administrator to enable it.");
                break;
            default:
                await ShowAgainAsync(
                    context, StatusCodes.Status422UnprocessableEntity, email, returnUrl, "The e-mail address or the password is not right. Check both and try again.");
                break;
        }
    }

    public async Task ShowSignOutAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is { } live)
        {
            await pages.WriteAsync<SignOutPage>(context, StatusCodes.Status200OK, new SignOutModel { Email = live.User.Email ?? "" });
        }
        else
        {
            context.SeeOther(LoginPaths.Home);
        }
    }

    public async Task SignOutAsync(HttpContext context)
    {
        await browsers.FindAsync(context);
        if (await pages.ReadFormAsync(context) is not null)
        {
            await browsers.SignOutAsync(context);
            context.SeeOther(LoginPaths.Home + "?signed_out=1");
        }
    }

    /// <summary>Shows the sign-in page again, with what went wrong.</summary>
    public async Task ShowAgainAsync(HttpContext context, int status, string email, string returnUrl, string error) =>
        await pages.WriteAsync<SignInPage>(context, status, new SignInModel
        {
            Passkey = await BeginPasskeyAsync(context),
            OffersSso = await sso.IsOfferedAsync(context.RequestAborted),
            ReturnUrl = returnUrl,
            ClientName = ClientName(returnUrl),
            Email = email.Length <= LoginLimits.Email ? email : "",
            Error = error,
        });

    private async Task GoToProviderAsync(HttpContext context, IdentityProvider? provider, string email, string returnUrl, LiveSession? live)
    {
        if (provider is null)
        {
            await ShowAgainAsync(
                context, StatusCodes.Status422UnprocessableEntity, email, returnUrl,
                email.Length == 0 ? "Enter your e-mail address; it says where you sign in." : "No single sign-on is set up for this address. Sign in with your password.");
            return;
        }

        // Who is signed in already came here to prove it anew.
        context.SeeOther(SsoLink.To(provider.Name, returnUrl, isAgain: live is not null, email: email.Trim()));
    }

    // The password alone opens an account only when it has nothing better.
    private async Task GoOnAsync(HttpContext context, User user, string returnUrl)
    {
        if (user.TwoFactorEnabled)
        {
            await PendingSignIn.BeginAsync(context, user);
            context.SeeOther(SignInLink.WithReturnUrl(LoginPaths.SecondFactor, returnUrl));
            return;
        }

        await browsers.SignInAsync(context, user, AuthenticationMethods.Password);
        context.SeeOther(returnUrl);
    }

    private async Task<PasskeyCeremony?> BeginPasskeyAsync(HttpContext context) =>
        passkeys.IsAvailable ? await passkeys.BeginCheckAsync(context, user: null) : null;

    private string? ClientName(string returnUrl)
    {
        var query = returnUrl.IndexOf('?', StringComparison.Ordinal);
        if (query < 0)
        {
            return null;
        }

        var id = QueryHelpers.ParseQuery(returnUrl[query..]).GetValueOrDefault("client_id").ToString();
        return options.Clients.FirstOrDefault(client => client.Id == id)?.DisplayName;
    }
}
