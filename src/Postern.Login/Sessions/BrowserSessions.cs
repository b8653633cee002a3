using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.People;
using Postern.Directory.Storage;
using Postern.Login.Factors;
using Postern.Login.Pages;
using Postern.Login.SingleSignOn;

namespace Postern.Login.Sessions;

/// <summary>
/// Who is signed in to the pages of this server in this browser. The cookie only names a session; whether it holds is read
/// from its row each time, so signing out elsewhere counts at once.
/// </summary>
internal sealed class BrowserSessions(SessionStore sessions, KnownBrowsers known, TimeProvider clock)
{
    /// <summary>The authentication scheme of the cookie.</summary>
    public const string Scheme = "Browser";

    /// <summary>How often the use of a session is noted: reading pages must not write to the database each time.</summary>
    private static readonly TimeSpan TouchInterval = TimeSpan.FromMinutes(5);

    /// <summary>The session of this browser, or null. Makes its person the user of the request, which ties forms to them.</summary>
    public async Task<LiveSession?> FindAsync(HttpContext context)
    {
        await FormBody.ReceiveAsync(context); // First, so that the session is one that holds when the form acts for it.
        var ticket = await context.AuthenticateAsync(Scheme);
        if (!ticket.Succeeded
            || !Guid.TryParse(ticket.Principal.FindFirstValue("sid"), out var sessionId)
            || await sessions.FindLiveAsync(sessionId, context.RequestAborted) is not { } live
            || live.Session.ClientId != SessionGrant.BrowserClientId
            || live.LacksSso)
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

    /// <summary>
    /// Begins a new session in this browser, for what the person just proved, and ends the one that was there: an id set
    /// before never becomes signed in. Nothing begins when the account was changed since <paramref name="user"/> was read:
    /// what was proved may be the old password, or no longer enough.
    /// </summary>
    public async Task SignInAsync(HttpContext context, User user, string amr, string grant = SessionGrant.Browser, SsoSession? sso = null)
    {
        await ReplaceAsync(
            context,
            new SessionStart
            {
                UserId = user.Id,
                ClientId = SessionGrant.BrowserClientId,
                Grant = grant,
                Amr = amr,
                AuthTime = sso is null ? clock.GetUtcNow() : sso.AuthTime ?? AuthenticationTime.Unknown,
                SsoLoginId = sso?.LoginId,
                NotAfter = sso?.NotAfter,
                Origin = RequestOrigin.Of(context),
            },
            database => database.Users.AnyAsync(
                u => u.Id == user.Id && u.SecurityStamp == user.SecurityStamp && !u.IsDisabled, context.RequestAborted));
        known.Remember(context, user);
    }

    /// <summary>
    /// Notes that the person of this session proved something again. What is new makes a session of it with a new id, which
    /// ends when the old one would have ended; auth_time stays that of the whole sign-in, if it has one.
    /// </summary>
    public async Task ConfirmAsync(HttpContext context, LiveSession live, params IReadOnlyList<string> methods)
    {
        var amr = AuthenticationMethods.Join(live.Session.Amr, methods);
        if (amr == live.Session.Amr)
        {
            await sessions.NoteConfirmedAsync(live.Session.Id, context.RequestAborted);
            return;
        }

        await ReplaceAsync(
            context,
            new SessionStart
            {
                UserId = live.User.Id,
                ClientId = SessionGrant.BrowserClientId,
                Grant = live.Session.Grant,
                Amr = amr,
                AuthTime = live.Session.AuthTime == AuthenticationTime.Unknown ? clock.GetUtcNow() : live.Session.AuthTime,
                ConfirmedAt = clock.GetUtcNow(),
                SsoLoginId = live.Session.SsoLoginId,
                Origin = RequestOrigin.Of(context),
                NotAfter = live.Session.AbsoluteExpiry,
            },
            database => database.Sessions.AnyAsync(s => s.Id == live.Session.Id && s.RevokedAt == null, context.RequestAborted));
    }

    /// <summary>Whether the person of this session proved who they are recently enough, and well enough, to change how they sign in.</summary>
    public bool IsRecent(LiveSession live)
    {
        var proved = live.Session.ConfirmedAt > live.Session.AuthTime ? live.Session.ConfirmedAt.Value : live.Session.AuthTime;
        return clock.GetUtcNow() - proved <= LoginLimits.RecentProof && (live.Session.HasMfa || !live.User.TwoFactorEnabled);
    }

    /// <summary>
    /// Whether the person may set up their first factor: with a recent proof, or, where they can give none, because they came a moment
    /// ago from a provider that does not say when they proved who they are. Everything else then asks for that factor.
    /// </summary>
    public bool MaySetUpFactor(LiveSession live) =>
        IsRecent(live)
        || (HasNoProofToGive(live) && clock.GetUtcNow() - live.Session.CreatedAt <= LoginLimits.RecentProof);

    /// <summary>Whether neither the provider nor anything of ours can prove again who the person is.</summary>
    public static bool HasNoProofToGive(LiveSession live) =>
        live.Session.AuthTime == AuthenticationTime.Unknown && !live.User.TwoFactorEnabled && !HasUsablePassword(live);

    /// <summary>Whether a password opens the account: it has one, and does not have to sign in elsewhere.</summary>
    public static bool HasUsablePassword(LiveSession live) => live.User.PasswordHash is not null && live.RequiredProvider is null;

    /// <summary>Ends the session of this browser and forgets the cookie.</summary>
    public async Task SignOutAsync(HttpContext context)
    {
        if (await FindAsync(context) is { } live)
        {
            await sessions.EndAsync(live.Session.Id, SessionEnd.SignedOut, context.RequestAborted);
        }

        await context.SignOutAsync(Scheme);
    }

    private async Task ReplaceAsync(HttpContext context, SessionStart start, Func<DirectoryContext, Task<bool>> stillHolds)
    {
        var previous = await FindAsync(context);
        var session = sessions.Begin(start);
        if (!await sessions.AddAsync(session, stillHolds, context.RequestAborted))
        {
            return; // Nobody is signed in by it, so the next page asks them to sign in.
        }

        if (previous is not null)
        {
            await sessions.EndAsync(previous.Session.Id, SessionEnd.Replaced, context.RequestAborted);
        }

        var identity = new ClaimsIdentity(
            [new Claim("sub", session.UserId.ToString()), new Claim("sid", session.Id.ToString())], Scheme, "sub", "");
        var principal = new ClaimsPrincipal(identity);
        await context.SignInAsync(Scheme, principal);
        context.User = principal; // A page that answers this very request is tied to the new session.
    }
}
