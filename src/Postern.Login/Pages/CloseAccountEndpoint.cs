using Postern.Login.Accounts;
using Postern.Login.Sessions;

namespace Postern.Login.Pages;

/// <summary><c>/account/close</c>: a person deactivates or deletes their own account, with their password.</summary>
internal sealed class CloseAccountEndpoint(AccountClosing closing, PasswordSignIn passwords, BrowserSessions browsers, PageWriter pages)
{
    public async Task ShowAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(SignInLink.To(context));
            return;
        }

        await WriteAsync(context, StatusCodes.Status200OK, live, []);
    }

    public async Task CloseAsync(HttpContext context)
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

        var proof = await passwords.AttemptAsync(
            live.User.Email!, form[FormFields.PresentPassword].ToString(), RequestOrigin.CountedAddress(context), RequestOrigin.Of(context), context.RequestAborted);
        if (proof.Refusal is { } refusal)
        {
            await WriteAsync(
                context,
                StatusCodes.Status422UnprocessableEntity,
                live,
                [refusal == SignInRefusal.TooManyAttempts ? $"Too many attempts. Try again in {Wording.Duration(proof.RetryAfter)}." : "The password is not right."]);
            return;
        }

        var result = form[FormFields.Decision].ToString() switch
        {
            FormFields.Deactivate => await closing.DeactivateAsync(live.User, context.RequestAborted),
            FormFields.Delete => await closing.DeleteAsync(live.User, live.User.Id.ToString(), context.RequestAborted),
            _ => AccountResult.Refused("Choose one of the two."),
        };
        if (!result.IsDone)
        {
            await WriteAsync(context, StatusCodes.Status422UnprocessableEntity, live, result.Faults);
            return;
        }

        await browsers.SignOutAsync(context);
        context.SeeOther(LoginPaths.Home + "?signed_out=1");
    }

    private async Task WriteAsync(HttpContext context, int status, LiveSession live, IReadOnlyList<string> faults) =>
        await pages.WriteAsync<CloseAccountPage>(context, status, new CloseAccountModel
        {
            Email = live.User.Email!,
            OwnedAlone = await closing.FindOwnedAloneAsync(live.User.Id, context.RequestAborted),
            Faults = faults,
        });
}
