using System.Security.Cryptography;
using Postern.Directory.Factors;
using Postern.Directory.People;
using Postern.Login.Factors;

namespace Postern.Login.Pages.Factors;

/// <summary><c>/account/security/authenticator</c>: set up and remove the authenticator app.</summary>
internal sealed class AuthenticatorEndpoint(
    RecentProof recent, AuthenticatorSetup setup, FactorService factors, NewFactor newFactor, PageWriter pages, TimeProvider clock)
{
    public async Task ShowAsync(HttpContext context)
    {
        if (await recent.RequireForNewFactorAsync(context) is not { } live)
        {
            return;
        }

        var returnUrl = ReturnUrl(context.Request.Query[FormFields.ReturnUrl]);
        if ((await factors.GetStatusAsync(live.User.Id, context.RequestAborted)).Authenticator is not null)
        {
            context.SeeOther(returnUrl ?? LoginPaths.Security);
            return;
        }

        await ShowAsync(context, StatusCodes.Status200OK, live.User, setup.Begin(live.User), returnUrl, null);
    }

    public async Task AddAsync(HttpContext context)
    {
        if (await recent.RequireForNewFactorWithFormAsync(context) is not var (live, form))
        {
            return;
        }

        var returnUrl = ReturnUrl(form[FormFields.ReturnUrl]);
        var state = form[FormFields.SetupState].ToString();
        if (setup.Open(live.User, state) is not { } secret)
        {
            await ShowAsync(
                context, StatusCodes.Status422UnprocessableEntity, live.User, setup.Begin(live.User), returnUrl,
                "That took too long, so the old picture is void. Remove it from your app and scan this new one.");
            return;
        }

        try
        {
            if (Totp.Normalize(form[FormFields.Code].ToString()) is not { } code || Totp.FindStep(secret, code, clock.GetUtcNow()) is not { } step)
            {
                await ShowAsync(
                    context, StatusCodes.Status422UnprocessableEntity, live.User, state, returnUrl,
                    "The code is not right. Enter the six digits that the app shows now; if it stays wrong, check the clock of your phone.");
                return;
            }

            if (!await factors.AddAuthenticatorAsync(live.User.Id, secret, step, context.RequestAborted))
            {
                await pages.WriteErrorAsync(
                    context, StatusCodes.Status409Conflict, "There is an app already",
                    "Your account has an authenticator app, perhaps set up in another window.", "Remove that one first to set up another.",
                    ("Back to sign-in methods", LoginPaths.Security));
                return;
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }

        await newFactor.FinishAsync(context, live, AuthenticationMethods.OneTimePassword, SecurityEndpoint.AuthenticatorAdded, returnUrl);
    }

    public async Task ShowRemovalAsync(HttpContext context)
    {
        if (await recent.RequireAsync(context) is not null)
        {
            await ShowRemovalAsync(context, StatusCodes.Status200OK, null);
        }
    }

    public async Task RemoveAsync(HttpContext context)
    {
        if (await recent.RequireWithFormAsync(context) is not var (live, _))
        {
            return;
        }

        if (await factors.RemoveAuthenticatorAsync(live.User.Id, live.Session.Id, context.RequestAborted) is { } refusal)
        {
            await ShowRemovalAsync(context, StatusCodes.Status409Conflict, refusal);
            return;
        }

        context.SeeOther(SecurityEndpoint.Done(SecurityEndpoint.AuthenticatorRemoved));
    }

    private Task ShowAsync(HttpContext context, int status, User user, string state, string? returnUrl, string? error)
    {
        var secret = setup.Open(user, state)!;
        var address = setup.Address(user, secret);
        var (size, path) = AuthenticatorSetup.Draw(address);
        return pages.WriteAsync<AuthenticatorPage>(context, status, new AuthenticatorModel
        {
            Secret = AuthenticatorSetup.Text(secret),
            Address = address,
            PictureSize = size,
            Picture = path,
            State = state,
            ReturnUrl = returnUrl,
            Error = error,
        });
    }

    private Task ShowRemovalAsync(HttpContext context, int status, string? refusal) => pages.WriteAsync<DecisionPage>(context, status, new DecisionModel
    {
        Title = "Remove the authenticator app?",
        Text = "Its codes no longer sign you in, and you are signed out everywhere but here. Remove the entry from the app too.",
        Button = "Remove",
        FormAction = LoginPaths.RemoveAuthenticator,
        Refusal = refusal,
    });

    internal static string? ReturnUrl(string? text) => string.IsNullOrEmpty(text) ? null : SignInLink.SafeReturnUrl(text);
}
