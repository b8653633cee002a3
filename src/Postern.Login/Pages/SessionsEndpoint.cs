using Postern.Login.Sessions;

namespace Postern.Login.Pages;

/// <summary><c>/account/sessions</c>: where a person is signed in, and the way to end that.</summary>
internal sealed class SessionsEndpoint(BrowserSessions browsers, SessionStore sessions, PageWriter pages, LoginOptions options, TimeProvider clock)
{
    private const string EndedOne = "one";
    private const string EndedOthers = "others";

    public async Task ShowAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(SignInLink.To(context));
            return;
        }

        await pages.WriteAsync<SessionsPage>(context, StatusCodes.Status200OK, new SessionsModel
        {
            CurrentSession = live.Session.Id,
            Sessions = await sessions.ListLiveAsync(live.User.Id, context.RequestAborted),
            Options = options,
            Now = clock.GetUtcNow(),
            Notice = context.Request.Query["ended"].ToString() switch
            {
                EndedOne => "Signed out there.",
                EndedOthers => "Signed out everywhere else.",
                _ => null,
            },
        });
    }

    public async Task EndSessionAsync(HttpContext context, Guid id)
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

        // Ending what has ended already is what the person wanted.
        await sessions.EndOwnAsync(live.User.Id, id, SessionEnd.EndedByOwner, context.RequestAborted);
        context.SeeOther(LoginPaths.Sessions + "?ended=" + EndedOne);
    }

    public async Task EndOtherSessionsAsync(HttpContext context)
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

        await sessions.EndAllAsync(live.User.Id, live.Session.Id, SessionEnd.EndedByOwner, context.RequestAborted);
        context.SeeOther(LoginPaths.Sessions + "?ended=" + EndedOthers);
    }
}
