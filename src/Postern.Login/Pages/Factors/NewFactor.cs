using Postern.Login.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Pages.Factors;

/// <summary>
/// What follows when a person added a factor: this session counts as proved with it, browsers that know only the password are
/// signed out, and whoever has no recovery codes gets them now.
/// </summary>
internal sealed class NewFactor(BrowserSessions browsers, SessionStore sessions, FactorService factors, PageWriter pages)
{
    public async Task FinishAsync(HttpContext context, LiveSession live, string method, string done, string? returnUrl)
    {
        await browsers.ConfirmAsync(context, live, method, AuthenticationMethods.MultiFactor);
        await sessions.EndBrowsersWithoutMfaAsync(live.User.Id, SessionEnd.FactorAdded, CancellationToken.None);
        var status = await factors.GetStatusAsync(live.User.Id, context.RequestAborted);
        if (status.RecoveryCodesLeft > 0)
        {
            context.SeeOther(returnUrl ?? SecurityEndpoint.Done(done));
            return;
        }

        await pages.WriteAsync<RecoveryCodesPage>(context, StatusCodes.Status200OK, new RecoveryCodesModel
        {
            Codes = await factors.RenewRecoveryCodesAsync(live.User.Id, context.RequestAborted),
            Email = live.User.Email ?? "",
            IsFirst = true,
            ContinueLink = returnUrl ?? SecurityEndpoint.Done(done),
        });
    }
}
