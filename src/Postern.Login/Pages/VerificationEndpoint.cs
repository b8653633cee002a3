using Postern.Login.Accounts;
using Postern.Login.Sessions;

namespace Postern.Login.Pages;

/// <summary><c>/account/email/send</c> and <c>/email/verify</c>: proves that an address is its person's.</summary>
internal sealed class VerificationEndpoint(EmailVerification verification, LinkCookie cookie, BrowserSessions browsers, PageWriter pages)
{
    public async Task SendAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(LoginPaths.SignIn);
            return;
        }

        if (await pages.ReadFormAsync(context) is null)
        {
            return;
        }

        var isSent = live.User.EmailConfirmed || await verification.SendAsync(live.User, context.RequestAborted);
        context.SeeOther($"{LoginPaths.Account}?{AccountEndpoint.MailMark}={(isSent ? AccountEndpoint.Sent : AccountEndpoint.TooOften)}");
    }

    public async Task ShowAsync(HttpContext context)
    {
        if (cookie.TakeFromAddress(context, LoginPaths.VerifyEmail))
        {
            return;
        }

        var live = await browsers.FindAsync(context);
        if (await verification.FindByLinkAsync(cookie.Read(context, LoginPaths.VerifyEmail), context.RequestAborted) is { } user)
        {
            await pages.WriteAsync<VerificationPage>(context, StatusCodes.Status200OK, new VerificationModel
            {
                Email = user.Email!,
                Belongings = live?.User.Id == user.Id ? await verification.FindBelongingsAsync(user.Id, context.RequestAborted) : null,
                SignedInAs = live?.User.Email,
            });
        }
        else
        {
            await RefuseAsync(context);
        }
    }

    public async Task ConfirmAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(SignInLink.BackTo(LoginPaths.VerifyEmail));
            return;
        }

        if (await pages.ReadFormAsync(context) is not { } form)
        {
            return;
        }

        if (await verification.ConfirmAsync(
            cookie.Read(context, LoginPaths.VerifyEmail), live, form[FormFields.Decision] == FormFields.Keep, context.RequestAborted))
        {
            cookie.Forget(context, LoginPaths.VerifyEmail);
            context.SeeOther($"{LoginPaths.Account}?{AccountEndpoint.MailMark}={AccountEndpoint.Confirmed}");
        }
        else
        {
            await RefuseAsync(context);
        }
    }

    private Task RefuseAsync(HttpContext context) => pages.WriteErrorAsync(
        context,
        StatusCodes.Status404NotFound,
        "This link does not work any more",
        "It has been used, or its time is over.",
        "Sign in: your account's page says whether the address is confirmed, and sends a new link if not. Cookies must be allowed for this site.",
        ("Your account", LoginPaths.Account));
}
