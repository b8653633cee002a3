using Postern.Login.Accounts;
using Postern.Login.Pages.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Pages;

/// <summary><c>/password/forgotten</c> and <c>/password/reset</c>: a new password by way of the mailbox.</summary>
internal sealed class ForgottenPasswordEndpoint(
    PasswordChange passwords,
    FirstPasskeyForm passkeys,
    LinkCookie cookie,
    BrowserSessions browsers,
    KnownBrowsers known,
    PageWriter pages,
    LoginOptions options,
    TimeProvider clock)
{
    private readonly AttemptLimiter _addresses = new(options.AttemptWindow, options.AttemptWindow, clock);

    public async Task ShowAsync(HttpContext context)
    {
        await browsers.FindAsync(context);
        await WriteAsync(context, StatusCodes.Status200OK, isSent: false);
    }

    public async Task SendAsync(HttpContext context)
    {
        await browsers.FindAsync(context);
        if (await pages.ReadFormAsync(context) is not { } form)
        {
            return;
        }

        if (!options.CanSendMail)
        {
            await WriteAsync(context, StatusCodes.Status200OK, isSent: false);
        }
        else if (_addresses.Count(RequestOrigin.CountedAddress(context), options.AttemptsPerAddress) is not null
            || !await passwords.RequestResetAsync(form[FormFields.Email].ToString(), context.RequestAborted))
        {
            await WriteAsync(
                context, StatusCodes.Status429TooManyRequests, isSent: false, "That was asked for several times already. Look at the mail that came, or try again in an hour.");
        }
        else
        {
            await WriteAsync(context, StatusCodes.Status200OK, isSent: true);
        }
    }

    public async Task ShowResetAsync(HttpContext context)
    {
        if (cookie.TakeFromAddress(context, LoginPaths.ResetPassword))
        {
            return;
        }

        await browsers.FindAsync(context);
        await WriteResetAsync(context, StatusCodes.Status200OK, []);
    }

    public async Task ResetAsync(HttpContext context)
    {
        await browsers.FindAsync(context);
        if (await pages.ReadFormAsync(context) is not { } form)
        {
            return;
        }

        if (passkeys.IsAskedFor(form))
        {
            await ResetToPasskeyAsync(context, form);
            return;
        }

        var result = await passwords.ResetAsync(
            cookie.Read(context, LoginPaths.ResetPassword), form[FormFields.NewPassword].ToString(), context.RequestAborted);
        if (!result.IsDone)
        {
            await WriteResetAsync(context, StatusCodes.Status422UnprocessableEntity, result.Faults);
            return;
        }

        // Whoever keeps strangers' guesses coming must not be quicker than the person who now types the new password.
        known.Remember(context, result.User!);
        cookie.Forget(context, LoginPaths.ResetPassword);
        context.SeeOther(LoginPaths.SignIn + "?" + SignInEndpoint.PasswordSetMark + "=1");
    }

    private async Task ResetToPasskeyAsync(HttpContext context, IFormCollection form)
    {
        var token = cookie.Read(context, LoginPaths.ResetPassword);
        if (await passwords.FindByLinkAsync(token, context.RequestAborted) is not { } found || !PasswordChange.MayUsePasskey(found))
        {
            await WriteResetAsync(context, StatusCodes.Status422UnprocessableEntity, []);
            return;
        }

        if (await passkeys.ReadAsync(context, form, found.Email!, found.DisplayName, found.Id) is not { } passkey)
        {
            return;
        }

        var result = await passwords.ReplaceByPasskeyAsync(token, passkey, context.RequestAborted);
        if (result.User is not { } user)
        {
            await WriteResetAsync(context, StatusCodes.Status422UnprocessableEntity, result.Faults);
            return;
        }

        cookie.Forget(context, LoginPaths.ResetPassword);
        await passkeys.FinishAsync(context, user, passkey);
    }

    private async Task WriteResetAsync(HttpContext context, int status, IReadOnlyList<string> faults)
    {
        if (await passwords.FindByLinkAsync(cookie.Read(context, LoginPaths.ResetPassword), context.RequestAborted) is not { } user)
        {
            await pages.WriteErrorAsync(
                context,
                StatusCodes.Status404NotFound,
                "This link does not work any more",
                "It has been used, a newer one was used, or its time is over.",
                "Ask for a new one. Cookies must be allowed for this site.",
                ("Get a new link", LoginPaths.ForgottenPassword));
            return;
        }

        await pages.WriteAsync<ResetPasswordPage>(context, status, new NewPasswordModel
        {
            Email = user.Email!,
            NeedsPresentPassword = false,
            FormAction = LoginPaths.ResetPassword,
            OffersPasskey = passkeys.IsAvailable && PasswordChange.MayUsePasskey(user),
            Faults = faults,
        });
    }

    private Task WriteAsync(HttpContext context, int status, bool isSent, params IReadOnlyList<string> faults) =>
        pages.WriteAsync<ForgottenPasswordPage>(context, status, new ForgottenPasswordModel
        {
            CanSendMail = options.CanSendMail,
            IsSent = isSent,
            LinkLifetime = options.ResetLifetime,
            Faults = faults,
        });
}
