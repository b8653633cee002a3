using Postern.Login.Factors;

namespace Postern.Login.Pages.Factors;

/// <summary><c>/account/security/recovery-codes</c>: new ones in place of the old.</summary>
internal sealed class RecoveryCodeEndpoint(RecentProof recent, FactorService factors, PageWriter pages)
{
    public async Task ShowAsync(HttpContext context)
    {
        if (await recent.RequireAsync(context) is not { } live)
        {
            return;
        }

        var status = await factors.GetStatusAsync(live.User.Id, context.RequestAborted);
        if (!status.HasFactor)
        {
            context.SeeOther(LoginPaths.Security);
            return;
        }

        await pages.WriteAsync<DecisionPage>(context, StatusCodes.Status200OK, new DecisionModel
        {
            Title = "Make new recovery codes?",
            Text = status.RecoveryCodesLeft == 0
                ? "You get ten codes, each good once, for the day when your device is lost."
                : "You get ten new codes, and those that you have are no longer good.",
            Button = "Make codes",
            FormAction = LoginPaths.RecoveryCodes,
        });
    }

    public async Task RenewAsync(HttpContext context)
    {
        if (await recent.RequireWithFormAsync(context) is not var (live, _))
        {
            return;
        }

        if (!(await factors.GetStatusAsync(live.User.Id, context.RequestAborted)).HasFactor)
        {
            context.SeeOther(LoginPaths.Security);
            return;
        }

        await pages.WriteAsync<RecoveryCodesPage>(context, StatusCodes.Status200OK, new RecoveryCodesModel
        {
            Codes = await factors.RenewRecoveryCodesAsync(live.User.Id, context.RequestAborted),
            Email = live.User.Email ?? "",
            IsFirst = false,
            ContinueLink = LoginPaths.Security,
        });
    }
}
