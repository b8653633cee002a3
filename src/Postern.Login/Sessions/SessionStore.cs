using Microsoft.EntityFrameworkCore;
using Postern.Directory.Approvals;
using Postern.Directory.Audit;
using Postern.Directory.Routing;
using Postern.Directory.Sessions;
using Postern.Directory.SingleSignOn;
using Postern.Directory.Storage;
using Postern.Login.Mail;

namespace Postern.Login.Sessions;

/// <summary>Begins, looks up and ends sessions. Whoever watches the Directory's changes hears of every end.</summary>
internal sealed class SessionStore(
    IDbContextFactory<DirectoryContext> contexts,
    ReadCache cache,
    SshApprovals approvals,
    LoginOptions options,
    TimeProvider clock,
    ILogger<SessionStore> log)
{
    /// <summary>Makes the row of a new session; the caller saves it.</summary>
    public Session Begin(SessionStart start)
    {
        var now = clock.GetUtcNow();
        var absolute = now + options.SessionAbsoluteLimit;
        if (start.NotAfter is { } limit && limit < absolute)
        {
            absolute = limit;
        }

        // A certificate that the token asked for in its last moment is let live its time.
        if (start.IsForOneToken && now + options.AccessTokenLifetime + options.CertificateLifetime is var last && last < absolute)
        {
            absolute = last;
        }

        return new Session
        {
            Id = Guid.NewGuid(),
            UserId = start.UserId,
            ClientId = start.ClientId,
            Grant = start.Grant,
            Amr = start.Amr,
            AuthTime = start.AuthTime,
            ConfirmedAt = start.ConfirmedAt,
            ApiTokenId = start.ApiTokenId,
            SsoLoginId = start.SsoLoginId,
            Address = start.Origin.Address,
            UserAgent = start.Origin.UserAgent,
            CreatedAt = now,
            LastUsedAt = now,
            AbsoluteExpiry = absolute,
            IdleExpiry = NextIdleExpiry(absolute),
        };
    }

    /// <summary>When a session used now ends if it is not used again.</summary>
    public DateTimeOffset NextIdleExpiry(DateTimeOffset absoluteExpiry)
    {
        var idle = clock.GetUtcNow() + options.SessionIdleLimit;
        return idle < absoluteExpiry ? idle : absoluteExpiry;
    }

    /// <summary>The session and its person, or null when the session has ended or the account is disabled.</summary>
    public async Task<LiveSession?> FindLiveAsync(Guid sessionId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await ReadLiveAsync(context, sessionId, cancellationToken);
        return found is not null && found.Session.IsLive(clock.GetUtcNow()) ? found : null;
    }

    /// <summary>A moment for several answers to one request.</summary>
    public ValueTask<Moment> ObserveAsync(CancellationToken cancellationToken) => cache.ObserveAsync(cancellationToken);

    /// <summary>
    /// The same for requests of programs, which come often: remembered for as long as the database says that nothing has
    /// changed. What comes back is shared and must not be changed; its last use may be some seconds old.
    /// </summary>
    public async ValueTask<LiveSession?> FindLiveAsync(Guid sessionId, Moment moment, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var found = await cache.GetAsync<LiveSession>(
            ("live session", sessionId),
            live => live.Session.IsLive(now),
            (context, token) => ReadLiveAsync(context, sessionId, token),
            moment,
            cancellationToken);
        return found is not null && found.Session.IsLive(now) ? found : null;
    }

    private static async Task<LiveSession?> ReadLiveAsync(DirectoryContext context, Guid sessionId, CancellationToken cancellationToken)
    {
        var found = await (
            from session in context.Sessions.AsNoTracking()
            join user in context.Users.AsNoTracking() on session.UserId equals user.Id
            join source in context.ApiTokens.AsNoTracking() on session.ApiTokenId equals source.Id into sources
            from token in sources.DefaultIfEmpty()
            where session.Id == sessionId && !user.IsDisabled && (token == null || token.RevokedAt == null)
            select new LiveSession(session, user, token)).FirstOrDefaultAsync(cancellationToken);
        return found is null
            ? null
            : found with { RequiredProvider = await SsoQuery.RequiredOf(context, found.User.Id).FirstOrDefaultAsync(cancellationToken) };
    }

    /// <summary>Whether an organization that the person has to do with ties certificates to the address they were asked from.</summary>
    public async ValueTask<bool> IsAddressPinnedAsync(Guid userId, Moment moment, CancellationToken cancellationToken) =>
        (await cache.GetAsync<AddressRule>(
            ("address pinned", userId),
            static _ => true,
            async (context, token) => new AddressRule(await ReadAddressPinnedAsync(context, userId, token)),
            moment,
            cancellationToken))!.IsPinned;

    private static Task<bool> ReadAddressPinnedAsync(DirectoryContext context, Guid userId, CancellationToken cancellationToken) =>
        context.Organizations.AnyAsync(
            organization => organization.PinsSourceAddress
                && (organization.OwnerId == userId
                    || context.OrganizationMembers.Any(m => m.OrganizationId == organization.Id && m.UserId == userId)
                    || context.ProjectMembers.Any(m => m.UserId == userId
                        && context.Projects.Any(p => p.Id == m.ProjectId && p.OrganizationId == organization.Id))),
            cancellationToken);

    /// <summary>The sessions of a person that hold now, the last used first.</summary>
    public async Task<IReadOnlyList<Session>> ListLiveAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        return await context.Sessions.AsNoTracking()
            .Where(s => s.UserId == userId && s.RevokedAt == null && s.AbsoluteExpiry > now && s.IdleExpiry > now)
            .OrderByDescending(s => s.LastUsedAt)
            .ToListAsync(cancellationToken);
    }

    /// <summary>
    /// Saves a new session, if what it rests on still holds at that moment. False when it does not: then there is none.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="stillHolds">Asks for what it rests on. Whatever ends all sessions of the account waits until it is saved, or was done before.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<bool> AddAsync(Session session, Func<DirectoryContext, Task<bool>> stillHolds, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        await AccountTurn.TakeAsync(context, session.UserId, cancellationToken);
        if (!await stillHolds(context))
        {
            return false;
        }

        Add(context, session);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        log.SessionBegan(session.Id, session.UserId, session.ClientId, session.Grant);
        return true;
    }

    /// <summary>Puts a new session, and that it began, into a caller's transaction.</summary>
    public void Add(DirectoryContext context, Session session)
    {
        context.Sessions.Add(session);
        context.Add(Event("session.began", session, $"{session.ClientId}, {session.Grant}, {session.Amr}, from {session.Address ?? "an unknown address"}"));
    }

    /// <summary>Notes that a session is in use, which puts off its idle end.</summary>
    public async Task TouchAsync(Session session, RequestOrigin origin, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await TouchAsync(context, session.Id, session.AbsoluteExpiry, origin, cancellationToken);
    }

    /// <summary>The same inside a caller's transaction. False when the session was ended meanwhile.</summary>
    public async Task<bool> TouchAsync(
        DirectoryContext context, Guid sessionId, DateTimeOffset absoluteExpiry, RequestOrigin origin, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var idle = NextIdleExpiry(absoluteExpiry);
        var rows = await context.Sessions
            .Where(s => s.Id == sessionId && s.RevokedAt == null)
            .ExecuteUpdateAsync(
                row => row
                    .SetProperty(s => s.LastUsedAt, now)
                    .SetProperty(s => s.IdleExpiry, idle)
                    .SetProperty(s => s.Address, origin.Address)
                    .SetProperty(s => s.UserAgent, origin.UserAgent),
                cancellationToken);
        return rows == 1;
    }

    /// <summary>Notes that the person of this session proved again who they are.</summary>
    public async Task NoteConfirmedAsync(Guid sessionId, CancellationToken cancellationToken)
    {
        DateTimeOffset? now = clock.GetUtcNow();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.Sessions.Where(s => s.Id == sessionId).ExecuteUpdateAsync(
            row => row.SetProperty(s => s.ConfirmedAt, now), cancellationToken);
    }

    /// <summary>Ends the other browsers' sessions of a person that have no second factor in them.</summary>
    public Task<int> EndBrowsersWithoutMfaAsync(Guid userId, string reason, CancellationToken cancellationToken) =>
        EndWhereAsync(
            sessions => sessions.Where(
                s => s.UserId == userId && s.ClientId == SessionGrant.BrowserClientId && !(" " + s.Amr + " ").Contains(" mfa ")),
            reason,
            cancellationToken);

    /// <summary>Ends one session; does nothing when it has ended already.</summary>
    public Task EndAsync(Guid sessionId, string reason, CancellationToken cancellationToken) =>
        EndWhereAsync(sessions => sessions.Where(s => s.Id == sessionId), reason, cancellationToken);

    /// <summary>Ends one session of this person and no other's. False when there is no such session to end.</summary>
    public async Task<bool> EndOwnAsync(Guid userId, Guid sessionId, string reason, CancellationToken cancellationToken) =>
        await EndWhereAsync(sessions => sessions.Where(s => s.Id == sessionId && s.UserId == userId), reason, cancellationToken) > 0;

    /// <summary>
    /// Ends every session of a person, except one if given, and takes back the second factors that were typed inside ssh. Codes
    /// and devices' approvals that wait to be exchanged are used up first, or one of them would become a new session a moment
    /// later; and links to a new password, which somebody else may have asked for, with them.
    /// </summary>
    public async Task<int> EndAllAsync(Guid userId, Guid? except, string reason, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var ended = await EndAllAsync(context, userId, except, reason, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ended;
    }

    /// <summary>The same inside a caller's transaction, so that nothing comes between the change and the end.</summary>
    public async Task<int> EndAllAsync(
        DirectoryContext context, Guid userId, Guid? except, string reason, CancellationToken cancellationToken)
    {
        await AccountTurn.TakeAsync(context, userId, cancellationToken);
        var now = clock.GetUtcNow();
        await context.AuthorizationCodes
            .Where(code => code.UserId == userId && code.UsedAt == null)
            .ExecuteUpdateAsync(row => row.SetProperty(code => code.UsedAt, now), cancellationToken);
        await context.DeviceRequests
            .Where(request => request.UserId == userId && request.UsedAt == null)
            .ExecuteUpdateAsync(row => row.SetProperty(request => request.UsedAt, now), cancellationToken);
        await context.MailLinks
            .Where(link => link.UserId == userId && link.Purpose == MailKind.PasswordReset)
            .ExecuteDeleteAsync(cancellationToken);
#pragma warning disable CA1862 // The database compares, which knows no StringComparison.
        await context.QueuedMails
            .Where(mail => mail.Kind == MailKind.PasswordReset
                && context.Users.Any(u => u.Id == userId && u.NormalizedEmail == mail.Recipient.ToUpper()))
            .ExecuteDeleteAsync(cancellationToken);
#pragma warning restore CA1862
        await approvals.RevokeAsync(context, userId, approvalId: null, cancellationToken);
        return await EndWhereAsync(context, sessions => sessions.Where(s => s.UserId == userId && s.Id != except), reason, cancellationToken);
    }

    /// <summary>Ends every session that came of a sign-in at a provider.</summary>
    public Task<int> EndOfSsoLoginAsync(Guid ssoLoginId, string reason, CancellationToken cancellationToken) =>
        EndWhereAsync(sessions => sessions.Where(s => s.SsoLoginId == ssoLoginId), reason, cancellationToken);

    /// <summary>Ends every session that came from an API token.</summary>
    public Task<int> EndOfApiTokenAsync(Guid apiTokenId, string reason, CancellationToken cancellationToken) =>
        EndWhereAsync(sessions => sessions.Where(s => s.ApiTokenId == apiTokenId), reason, cancellationToken);

    // Rows are saved one by one through the change tracker, because that is what tells the change feed.
    private async Task<int> EndWhereAsync(
        Func<IQueryable<Session>, IQueryable<Session>> which, string reason, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await EndWhereAsync(context, which, reason, cancellationToken);
    }

    private async Task<int> EndWhereAsync(
        DirectoryContext context, Func<IQueryable<Session>, IQueryable<Session>> which, string reason, CancellationToken cancellationToken)
    {
        var rows = await which(context.Sessions).Where(s => s.RevokedAt == null).ToListAsync(cancellationToken);
        foreach (var session in rows)
        {
            session.RevokedAt = clock.GetUtcNow();
            session.RevokedReason = reason;
            context.Add(Event("session.ended", session, reason));
        }

        await context.SaveChangesAsync(cancellationToken);
        foreach (var session in rows)
        {
            log.SessionEnded(session.Id, session.UserId, reason);
        }

        return rows.Count;
    }

    private AuditEvent Event(string action, Session session, string detail) => new()
    {
        At = clock.GetUtcNow(),
        Actor = session.UserId.ToString(),
        Action = action,
        Subject = $"session {session.Id}",
        Detail = detail,
    };

    private sealed record AddressRule(bool IsPinned);
}
