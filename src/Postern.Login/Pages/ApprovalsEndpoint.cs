using Postern.Directory.Approvals;
using Postern.Login.Sessions;

namespace Postern.Login.Pages;

/// <summary><c>/account/approvals</c>: second factors that were typed inside ssh, and the way to take them back.</summary>
internal sealed class ApprovalsEndpoint(BrowserSessions browsers, SshApprovals approvals, PageWriter pages, TimeProvider clock)
{
    private const string EndedOne = "one";
    private const string EndedAll = "all";

    public async Task ShowAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(SignInLink.To(context));
            return;
        }

        await pages.WriteAsync<ApprovalsPage>(context, StatusCodes.Status200OK, new ApprovalsModel
        {
            Approvals = await approvals.ListAsync(live.User.Id, context.RequestAborted),
            Now = clock.GetUtcNow(),
            Notice = context.Request.Query["ended"].ToString() switch
            {
                EndedOne => "Taken back.",
                EndedAll => "All taken back.",
                _ => null,
            },
        });
    }

    public Task EndAsync(HttpContext context, Guid id) => RevokeAsync(context, id, EndedOne);

    public Task EndAllAsync(HttpContext context) => RevokeAsync(context, null, EndedAll);

    private async Task RevokeAsync(HttpContext context, Guid? id, string notice)
    {
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(LoginPaths.SignIn);
            return;
        }

        if (await pages.ReadFormAsync(context) is not null)
        {
            // Taking back what has ended already is what the person wanted.
            await approvals.RevokeAsync(live.User.Id, id, context.RequestAborted);
            context.SeeOther(LoginPaths.Approvals + "?ended=" + notice);
        }
    }
}
