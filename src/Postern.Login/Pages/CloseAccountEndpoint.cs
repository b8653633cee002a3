using Postern.Login.Accounts;
using Postern.Login.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Pages;

/// <summary><c>/account/close</c>: a person deactivates or deletes their own account, with their password and the second factor, if there is one.</summary>
internal sealed class CloseAccountEndpoint(AccountClosing closing, PasswordProver passwords, RecentProof recent, BrowserSessions browsers, PageWriter pages)
{
    public async Task ShowAsync(HttpContext context)
    {
        if (await recent.RequireBesidePasswordAsync(context) is { } live)
        {
            await WriteAsync(context, StatusCodes.Status200OK, live, []);
        }
    }

    public async Task CloseAsync(HttpContext context)
    {
        if (await recent.RequireBesidePasswordWithFormAsync(context) is not var (live, form))
        {
            return;
        }

        // Who signs in without a password has just proved it in another way.
        if (BrowserSessions.HasUsablePassword(live)
            && await passwords.ProveAsync(context, live.User, form[FormFields.PresentPassword]) is { Error: { } error } proof)
        {
            await WriteAsync(context, proof.Refuse(context), live, [error]);
            return;
        }

        // Begun is finished, whether the browser waits or not.
        var result = form[FormFields.Decision].ToString() switch
        {
            FormFields.Deactivate => await closing.DeactivateAsync(live.User, CancellationToken.None),
            FormFields.Delete => await closing.DeleteAsync(live.User, live.User.Id.ToString(), CancellationToken.None),
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
            NeedsPassword = BrowserSessions.HasUsablePassword(live),
            OwnedAlone = await closing.FindOwnedAloneAsync(live.User.Id, context.RequestAborted),
            Faults = faults,
        });
}
