using Postern.Login.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Pages.Factors;

/// <summary><c>/account/security</c>: how a person signs in; and <c>/account/security/new</c>, where those are led who need a factor now.</summary>
internal sealed class SecurityEndpoint(BrowserSessions browsers, FactorService factors, Passkeys passkeys, PageWriter pages, TimeProvider clock)
{
    public const string AuthenticatorAdded = "authenticator";
    public const string AuthenticatorRemoved = "authenticator-removed";
    public const string PasskeyAdded = "passkey";
    public const string PasskeyRenamed = "passkey-renamed";
    public const string PasskeyRemoved = "passkey-removed";

    /// <summary>The page with a sentence about what was done.</summary>
    public static string Done(string what) => LoginPaths.Security + "?done=" + what;

    public async Task ShowAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(SignInLink.To(context));
            return;
        }

        await pages.WriteAsync<SecurityPage>(context, StatusCodes.Status200OK, new SecurityModel
        {
            Factors = await factors.GetStatusAsync(live.User.Id, context.RequestAborted),
            CanHavePasskeys = passkeys.IsAvailable,
            HasNoPassword = live.RequiredProvider is not null || live.User.PasswordHash is null,
            RequiredBy = await factors.FindRequirementAsync(live.User.Id, context.RequestAborted),
            Now = clock.GetUtcNow(),
            Notice = context.Request.Query["done"].ToString() switch
            {
                AuthenticatorAdded => "Your authenticator app is set up.",
                AuthenticatorRemoved => "The authenticator app is removed. You are signed out everywhere else.",
                PasskeyAdded => "The passkey is added.",
                PasskeyRenamed => "The passkey has its new name.",
                PasskeyRemoved => "The passkey is removed. You are signed out everywhere else.",
                _ => null,
            },
        });
    }

    /// <summary>For a client that asks for a second factor when the person has none: the choice, and then onward.</summary>
    public async Task ShowChoiceAsync(HttpContext context)
    {
        var returnUrl = SignInLink.SafeReturnUrl(context.Request.Query[FormFields.ReturnUrl]);
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(SignInLink.WithReturnUrl(LoginPaths.SignIn, returnUrl));
        }
        else if (live.User.TwoFactorEnabled)
        {
            context.SeeOther(returnUrl);
        }
        else
        {
            await pages.WriteAsync<FactorChoicePage>(context, StatusCodes.Status200OK, new FactorChoiceModel
            {
                RequiredBy = await factors.FindRequirementAsync(live.User.Id, context.RequestAborted),
                AuthenticatorLink = SignInLink.WithReturnUrl(LoginPaths.Authenticator, returnUrl),
                PasskeyLink = passkeys.IsAvailable ? SignInLink.WithReturnUrl(LoginPaths.AddPasskey, returnUrl) : null,
            });
        }
    }
}
