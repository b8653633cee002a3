using Microsoft.EntityFrameworkCore;
using Postern.Directory.Sessions;
using Postern.Directory.Storage;
using Postern.Login.Sessions;

namespace Postern.Login.OAuth;

/// <summary>
/// Exchanges an API token for an access token; no refresh token is given, the API token is simply exchanged again. All
/// exchanges from one address share a session, so that ending it ends the certificates of earlier exchanges too.
/// </summary>
internal sealed class ApiTokenGrant(IDbContextFactory<DirectoryContext> contexts, SessionStore sessions, TimeProvider clock)
{
    // Existing clients look for "API token" in this text.
    private static TokenOutcome Invalid { get; } =
        TokenOutcome.Refused(OAuthError.InvalidGrant("Invalid API token: it is unknown, expired or revoked."));

    public async Task<TokenOutcome> ExchangeAsync(
        OAuthParameters parameters, OAuthClient client, RequestOrigin origin, CancellationToken cancellationToken)
    {
        if (parameters["api_token"] is not { } secret)
        {
            return TokenOutcome.Missing("api_token");
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await FindUsableAsync(context, secret, cancellationToken) is not { } token)
        {
            return Invalid;
        }

        await NoteUseAsync(context, token, origin, cancellationToken);
        return await ContinueOrBeginAsync(context, token, client, origin, cancellationToken) is { } session
            ? TokenOutcome.Granted(session, null)
            : Invalid;
    }

    private async Task<ApiToken?> FindUsableAsync(DirectoryContext context, string secret, CancellationToken cancellationToken)
    {
        if (!OpaqueToken.IsWellFormed(secret, OpaqueToken.ApiPrefix))
        {
            return null;
        }

        var hash = OpaqueToken.Hash(secret);
        var now = clock.GetUtcNow();
        return await (
            from token in context.ApiTokens.AsNoTracking()
            join user in context.Users on token.UserId equals user.Id
            where token.TokenHash == hash && !user.IsDisabled && token.RevokedAt == null
                && (token.ExpiresAt == null || token.ExpiresAt > now)
            select token).FirstOrDefaultAsync(cancellationToken);
    }

    private async Task NoteUseAsync(DirectoryContext context, ApiToken token, RequestOrigin origin, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await context.ApiTokens.Where(t => t.Id == token.Id).ExecuteUpdateAsync(
            row => row.SetProperty(t => t.LastUsedAt, now).SetProperty(t => t.LastUsedAddress, origin.Address),
            cancellationToken);
    }

    // Whoever holds a token and a network has as many addresses as they like.
    private async Task MakeRoomAsync(DirectoryContext context, ApiToken token, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var surplus = await context.Sessions
            .Where(s => s.ApiTokenId == token.Id && s.RevokedAt == null && s.IdleExpiry > now && s.AbsoluteExpiry > now)
            .OrderByDescending(s => s.LastUsedAt)
            .Select(s => s.Id)
            .Skip(LoginLimits.SessionsPerApiToken - 1)
            .ToListAsync(cancellationToken);
        foreach (var session in surplus)
        {
            await sessions.EndAsync(session, SessionEnd.TooManyOfApiToken, cancellationToken);
        }
    }

    private async Task<Session?> ContinueOrBeginAsync(
        DirectoryContext context, ApiToken token, OAuthClient client, RequestOrigin origin, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var running = await context.Sessions.AsNoTracking()
            .Where(s => s.ApiTokenId == token.Id && s.Address == origin.Address && s.ClientId == client.Id)
            .Where(s => s.RevokedAt == null && s.IdleExpiry > now && s.AbsoluteExpiry > now)
            .OrderByDescending(s => s.CreatedAt)
            .FirstOrDefaultAsync(cancellationToken);
        if (running is not null
            && await sessions.TouchAsync(context, running.Id, running.AbsoluteExpiry, origin, cancellationToken))
        {
            return running;
        }

        await MakeRoomAsync(context, token, cancellationToken);
        var session = sessions.Begin(new SessionStart
        {
            UserId = token.UserId,
            ClientId = client.Id,
            Grant = SessionGrant.ApiToken,
            Amr = token.HadMfaAtCreation ? "pwd mfa" : "pwd", // What the person proved when making the token.
            AuthTime = now,
            Origin = origin,
            ApiTokenId = token.Id,
            NotAfter = token.ExpiresAt,
        });
        var isAdded = await sessions.AddAsync(
            session,
            database => database.ApiTokens.AnyAsync(
                t => t.Id == token.Id && t.RevokedAt == null && t.HadMfaAtCreation == token.HadMfaAtCreation, cancellationToken),
            cancellationToken);
        return isAdded ? session : null;
    }
}
