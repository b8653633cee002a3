using Postern.Login.Accounts;
using Postern.Login.Sessions;

namespace Postern.Login.Pages;

/// <summary><c>/account/password</c>: a new password for who is signed in and knows the present one.</summary>
internal sealed class PasswordEndpoint(PasswordChange change, PasswordSignIn passwords, BrowserSessions browsers, PageWriter pages)
{
    private const string DoneMark = "done";

    public async Task ShowAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(SignInLink.To(context));
            return;
        }

        await WriteAsync(context, StatusCodes.Status200OK, live, []);
    }

    public async Task ChangeAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(LoginPaths.SignIn);
            return;
        }

        if (await pages.ReadFormAsync(context) is not { } form)
        {
            return;
        }

        // Counted like a sign-in: somebody at an unlocked screen does not get to guess more often.
        var proof = await passwords.AttemptAsync(
            live.User.Email!, form[FormFields.PresentPassword].ToString(), RequestOrigin.CountedAddress(context), RequestOrigin.Of(context), context.RequestAborted);
        if (proof.Refusal is { } refusal)
        {
            var isTooMany = refusal == SignInRefusal.TooManyAttempts;
            if (isTooMany)
            {
                context.RetryAfter(proof.RetryAfter);
            }

            await WriteAsync(
                context,
                isTooMany ? StatusCodes.Status429TooManyRequests : StatusCodes.Status422UnprocessableEntity,
                live,
                [isTooMany ? $"Too many attempts. Try again in {Wording.Duration(proof.RetryAfter)}." : "The present password is not right."],
                isPresentWrong: true);
            return;
        }

        var result = await change.ChangeAsync(live, form[FormFields.NewPassword].ToString(), context.RequestAborted);
        if (result.IsDone)
        {
            context.SeeOther($"{LoginPaths.ChangePassword}?{DoneMark}=1");
        }
        else
        {
            await WriteAsync(context, StatusCodes.Status422UnprocessableEntity, live, result.Faults);
        }
    }

    private Task WriteAsync(HttpContext context, int status, LiveSession live, IReadOnlyList<string> faults, bool isPresentWrong = false) =>
        pages.WriteAsync<ChangePasswordPage>(context, status, new NewPasswordModel
        {
            Email = live.User.Email!,
            NeedsPresentPassword = true,
            FormAction = LoginPaths.ChangePassword,
            Notice = context.Request.Query.ContainsKey(DoneMark) ? "Your password is changed, and everything else is signed out." : null,
            IsPresentWrong = isPresentWrong,
            Faults = faults,
        });
}
