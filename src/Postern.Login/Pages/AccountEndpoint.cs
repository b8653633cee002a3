using Postern.Login.Sessions;

namespace Postern.Login.Pages;

/// <summary><c>/</c> and <c>/account</c>: who is signed in, and where else.</summary>
internal sealed class AccountEndpoint(BrowserSessions browsers, SessionStore sessions, PageWriter pages, LoginOptions options, TimeProvider clock)
{
    private const string EndedOne = "one";
    private const string EndedOthers = "others";

    public async Task ShowHomeAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is not null)
        {
            context.SeeOther(LoginPaths.Account);
            return;
        }

        await pages.WriteAsync<WelcomePage>(context, StatusCodes.Status200OK, new WelcomeModel
        {
            Issuer = options.Issuer,
            HasSignedOut = context.Request.Query.ContainsKey("signed_out"),
        });
    }

    public async Task ShowAccountAsync(HttpContext context)
    {
        if (await browsers.FindAsync(context) is not { } live)
        {
            context.SeeOther(SignInLink.To(context));
            return;
        }

        await pages.WriteAsync<AccountPage>(context, StatusCodes.Status200OK, new AccountModel
        {
            User = live.User,
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
        context.SeeOther(LoginPaths.Account + "?ended=" + EndedOne);
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
        context.SeeOther(LoginPaths.Account + "?ended=" + EndedOthers);
    }
}
