using System.Globalization;
using Microsoft.AspNetCore.WebUtilities;
using Postern.Login.Accounts;
using Postern.Login.Sessions;

namespace Postern.Login.Pages;

/// <summary><c>/login</c> and <c>/user/logout</c>.</summary>
internal sealed class SignInEndpoint(BrowserSessions browsers, PasswordSignIn passwords, PageWriter pages, LoginOptions options)
{
    /// <summary>Says in the address that a password was just set by mail.</summary>
    public const string PasswordSetMark = "password_set";

    public async Task ShowSignInAsync(HttpContext context)
    {
        var returnUrl = SignInLink.SafeReturnUrl(context.Request.Query[FormFields.ReturnUrl]);
        var live = await browsers.FindAsync(context);
        await pages.WriteAsync<SignInPage>(context, StatusCodes.Status200OK, new SignInModel
        {
            ReturnUrl = returnUrl,
            ClientName = ClientName(returnUrl),
            SignedInAs = live?.User.Email,
            Notice = context.Request.Query.ContainsKey(PasswordSetMark) ? "Your new password is set. Sign in with it." : null,
        });
    }

    public async Task SignInAsync(HttpContext context)
    {
        await browsers.FindAsync(context);
        if (await pages.ReadFormAsync(context) is not { } form)
        {
            return;
        }

        var email = form[FormFields.Email].ToString();
        var password = form[FormFields.Password].ToString();
        var returnUrl = SignInLink.SafeReturnUrl(form[FormFields.ReturnUrl]);
        if (email.Length == 0 || password.Length == 0)
        {
            await ShowAgainAsync(context, StatusCodes.Status422UnprocessableEntity, email, returnUrl, "Enter your e-mail address and your password.");
            return;
        }

        var outcome = await passwords.AttemptAsync(
            email, password, RequestOrigin.CountedAddress(context), RequestOrigin.Of(context), context.RequestAborted);
        switch (outcome.Refusal)
        {
            case null:
                await browsers.SignInAsync(context, outcome.User!);
                context.SeeOther(returnUrl);
                break;
            case SignInRefusal.TooManyAttempts:
                context.Response.Headers.RetryAfter = ((long)Math.Ceiling(outcome.RetryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
                await ShowAgainAsync(
                    context, StatusCodes.Status429TooManyRequests, email, returnUrl, $"Too many attempts. Try again in {InWords(outcome.RetryAfter)}.");
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

    private Task ShowAgainAsync(HttpContext context, int status, string email, string returnUrl, string error) =>
        pages.WriteAsync<SignInPage>(context, status, new SignInModel
        {
            ReturnUrl = returnUrl,
            ClientName = ClientName(returnUrl),
            Email = email.Length <= LoginLimits.Email ? email : "",
            Error = error,
        });

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

    private static string InWords(TimeSpan wait)
    {
        var minutes = (int)Math.Ceiling(wait.TotalMinutes);
        return minutes <= 1 ? "a minute" : $"{minutes} minutes";
    }
}
