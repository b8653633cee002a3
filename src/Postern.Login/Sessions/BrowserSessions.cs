using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Postern.Directory.People;

namespace Postern.Login.Sessions;

/// <summary>
/// Who is signed in to the pages of this server in this browser. The cookie only names a session; whether it holds is read
/// from its row each time, so signing out elsewhere counts at once.
/// </summary>
internal sealed class BrowserSessions(SessionStore sessions, TimeProvider clock)
{
    /// <summary>The authentication scheme of the cookie.</summary>
    public const string Scheme = "Browser";

    /// <summary>How often the use of a session is noted: reading pages must not write to the database each time.</summary>
    private static readonly TimeSpan TouchInterval = TimeSpan.FromMinutes(5);

    /// <summary>The session of this browser, or null. Makes its person the user of the request, which ties forms to them.</summary>
    public async Task<LiveSession?> FindAsync(HttpContext context)
    {
        var ticket = await context.AuthenticateAsync(Scheme);
        if (!ticket.Succeeded
            || !Guid.TryParse(ticket.Principal.FindFirstValue("sid"), out var sessionId)
            || await sessions.FindLiveAsync(sessionId, context.RequestAborted) is not { } live
            || live.Session.ClientId != SessionGrant.BrowserClientId)
        {
            context.User = new ClaimsPrincipal(new ClaimsIdentity());
            return null;
        }

        context.User = ticket.Principal;
        if (clock.GetUtcNow() - live.Session.LastUsedAt > TouchInterval)
        {
            await sessions.TouchAsync(live.Session, RequestOrigin.Of(context), context.RequestAborted);
        }

        return live;
    }

    /// <summary>Begins a new session in this browser and ends the one that was there: an id set before never becomes signed in.</summary>
    public async Task SignInAsync(HttpContext context, User user)
    {
        var previous = await FindAsync(context);
        var session = sessions.Begin(new SessionStart
        {
            UserId = user.Id,
            ClientId = SessionGrant.BrowserClientId,
            Grant = SessionGrant.Browser,
            Amr = "pwd",
            AuthTime = clock.GetUtcNow(),
            Origin = RequestOrigin.Of(context),
        });
        await sessions.AddAsync(session, context.RequestAborted);
        if (previous is not null)
        {
            await sessions.EndAsync(previous.Session.Id, SessionEnd.Replaced, context.RequestAborted);
        }

        var identity = new ClaimsIdentity(
            [new Claim("sub", user.Id.ToString()), new Claim("sid", session.Id.ToString())], Scheme, "sub", "");
        await context.SignInAsync(Scheme, new ClaimsPrincipal(identity));
    }

    /// <summary>Ends the session of this browser and forgets the cookie.</summary>
    public async Task SignOutAsync(HttpContext context)
    {
        if (await FindAsync(context) is { } live)
        {
            await sessions.EndAsync(live.Session.Id, SessionEnd.SignedOut, context.RequestAborted);
        }

        await context.SignOutAsync(Scheme);
    }
}
