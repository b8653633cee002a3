using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Sessions;
using Postern.Directory.Storage;
using Postern.Login.Sessions;
using Postern.Login.SingleSignOn;

namespace Postern.Login.OAuth;

/// <summary>
/// Exchanges a refresh token for the next one (RFC 6749 section 6, RFC 9700 section 4.14). Each works once; within the grace a
/// used one gets the same successor again; after it, the token was stolen and the session ends. See docs/decisions/0005.
/// </summary>
internal sealed class RefreshTokenGrant(
    IDbContextFactory<DirectoryContext> contexts,
    SessionStore sessions,
    SsoLogins logins,
    LoginMetrics metrics,
    LoginOptions options,
    TimeProvider clock,
    ILogger<RefreshTokenGrant> log)
{
    /// <summary>Existing clients look for exactly these words.</summary>
    private const string InvalidText = "Invalid refresh token";

    /// <summary>Existing clients look for "SSO session has expired" in this text.</summary>
    public const string SsoExpiredText = "SSO session has expired: sign in at your provider again.";

    private const int SaltBytes = 32;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private static TokenOutcome SsoExpired { get; } = TokenOutcome.Refused(OAuthError.InvalidGrant(SsoExpiredText));

    private static TokenOutcome Invalid { get; } = TokenOutcome.Refused(OAuthError.InvalidGrant(InvalidText));

    /// <summary>The row of a new refresh token; its end is the session's.</summary>
    public static RefreshToken NewRow(string token, Session session, DateTimeOffset now) => new()
    {
        TokenHash = OpaqueToken.Hash(token),
        SessionId = session.Id,
        CreatedAt = now,
        ExpiresAt = session.AbsoluteExpiry,
    };

    public async Task<TokenOutcome> ExchangeAsync(
        OAuthParameters parameters, OAuthClient client, RequestOrigin origin, CancellationToken cancellationToken)
    {
        if (parameters["refresh_token"] is not { } token)
        {
            return TokenOutcome.Missing("refresh_token");
        }

        if (!OpaqueToken.IsWellFormed(token, OpaqueToken.RefreshPrefix)
            || await FindAsync(token, cancellationToken) is not { } row)
        {
            return Invalid;
        }

        if (await sessions.FindLiveAsync(row.SessionId, cancellationToken) is not { } live || live.Session.ClientId != client.Id)
        {
            return await IsOverAtProviderAsync(row.SessionId, client, cancellationToken) ? SsoExpired : Invalid;
        }

        // Whoever was deactivated at the provider gets no further than their last access token.
        if (live.Session.SsoLoginId is { } loginId && !await logins.HoldsAsync(loginId, cancellationToken))
        {
            return SsoExpired;
        }

        // Whoever holds a used token gets the answer that was given, whatever the count: only a new rotation is refused, and nothing ends by it.
        if (row.UsedAt is null && await FindWaitAsync(live.Session.Id, cancellationToken) is { } wait)
        {
            metrics.RefusedRefresh();
            log.RefreshTooOften(live.Session.Id, origin.Address);
            return TokenOutcome.TooMany(wait);
        }

        if (row.UsedAt is null && await RotateAsync(token, live.Session, origin, cancellationToken) is { } successor)
        {
            return TokenOutcome.Granted(live.Session, successor);
        }

        return await AnswerUsedAsync(token, live.Session, origin, cancellationToken);
    }

    /// <summary>How long a session's next rotation has to wait, by the rows of the last minute, which all servers write; null when it need not.</summary>
    private async Task<TimeSpan?> FindWaitAsync(Guid sessionId, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var since = now - Minute;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var made = await context.RefreshTokens.Where(t => t.SessionId == sessionId && t.CreatedAt > since)
            .OrderByDescending(t => t.CreatedAt).Select(t => t.CreatedAt).Take(LoginLimits.RefreshesPerMinute).ToListAsync(cancellationToken);
        return made.Count < LoginLimits.RefreshesPerMinute ? null : made[^1] + Minute - now;
    }

    private async Task<RefreshToken?> FindAsync(string token, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var hash = OpaqueToken.Hash(token);
        return await context.RefreshTokens.AsNoTracking().FirstOrDefaultAsync(t => t.TokenHash == hash, cancellationToken);
    }

    /// <summary>Whether a session of this client has ended because its sign-in at a provider did.</summary>
    private async Task<bool> IsOverAtProviderAsync(Guid sessionId, OAuthClient client, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var now = clock.GetUtcNow();
        return await context.Sessions.AnyAsync(
            s => s.Id == sessionId && s.ClientId == client.Id && s.SsoLoginId != null
                && (s.RevokedReason == SessionEnd.SsoEnded || s.RevokedReason == SessionEnd.SsoUnreachable || s.RevokedReason == SessionEnd.ProviderRemoved
                    || (s.RevokedAt == null && s.AbsoluteExpiry <= now)),
            cancellationToken);
    }

    /// <summary>Marks the token used and stores its successor in one step; null when another request was first.</summary>
    private async Task<string?> RotateAsync(string token, Session session, RequestOrigin origin, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var graceBegan = now - options.RefreshGrace;
        var hash = OpaqueToken.Hash(token);
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        var successor = OpaqueToken.DeriveSuccessor(token, salt);
        var successorRow = NewRow(successor, session, now);

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var claimed = await context.RefreshTokens
            .Where(t => t.TokenHash == hash && t.UsedAt == null)
            .ExecuteUpdateAsync(
                row => row
                    .SetProperty(t => t.UsedAt, now)
                    .SetProperty(t => t.ReplacedByHash, successorRow.TokenHash)
                    .SetProperty(t => t.SuccessorSalt, salt),
                cancellationToken);
        if (claimed == 0 || !await sessions.TouchAsync(context, session.Id, session.AbsoluteExpiry, origin, cancellationToken))
        {
            return null;
        }

        // Past its grace a salt has no use but to whoever steals the database.
        await context.RefreshTokens
            .Where(t => t.SessionId == session.Id && t.SuccessorSalt != null && t.UsedAt < graceBegan)
            .ExecuteUpdateAsync(row => row.SetProperty(t => t.SuccessorSalt, (byte[]?)null), cancellationToken);
        context.RefreshTokens.Add(successorRow);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return successor;
    }

    /// <summary>
    /// The answer for a token that was used before. Within the grace it is the live end of the chain that began with it, so
    /// that two processes of one person which refresh at the same moment both go on with the same token.
    /// </summary>
    private async Task<TokenOutcome> AnswerUsedAsync(string token, Session session, RequestOrigin origin, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var current = token;
        for (var hop = 0; hop < LoginLimits.RotationsInGrace; hop++)
        {
            // Read again: the session may have been ended by whoever came first.
            if (await FindAsync(current, cancellationToken) is not { } row
                || await sessions.FindLiveAsync(session.Id, cancellationToken) is null)
            {
                return Invalid;
            }

            if (row.UsedAt is not { } usedAt)
            {
                return TokenOutcome.Granted(session, current);
            }

            if (row.SuccessorSalt is not { } salt || now - usedAt >= options.RefreshGrace)
            {
                break;
            }

            current = OpaqueToken.DeriveSuccessor(current, salt);
        }

        log.RefreshTokenReused(session.Id, origin.Address);
        await sessions.EndAsync(session.Id, SessionEnd.RefreshTokenReused, cancellationToken);
        return Invalid;
    }
}
