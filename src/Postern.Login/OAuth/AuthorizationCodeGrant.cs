using Microsoft.EntityFrameworkCore;
using Postern.Directory.Sessions;
using Postern.Directory.Storage;
using Postern.Login.Sessions;
using Postern.Login.SingleSignOn;

namespace Postern.Login.OAuth;

/// <summary>
/// Exchanges an authorization code for a session (RFC 6749 section 4.1.3, RFC 7636 section 4.6). A code works once, and the
/// database decides which of several requests was first; the others end the session that the first one got.
/// </summary>
internal sealed class AuthorizationCodeGrant(
    IDbContextFactory<DirectoryContext> contexts, SessionStore sessions, TimeProvider clock, ILogger<AuthorizationCodeGrant> log)
{
    public async Task<TokenOutcome> ExchangeAsync(
        OAuthParameters parameters, OAuthClient client, RequestOrigin origin, CancellationToken cancellationToken)
    {
        if (FindMissing(parameters) is { } missing)
        {
            return TokenOutcome.Missing(missing);
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var code = await FindAsync(context, parameters["code"]!, cancellationToken);
        if (code is null)
        {
            return TokenOutcome.Refused(InvalidCode);
        }

        if (code.UsedAt is not null)
        {
            return await RefuseReuseAsync(code, origin, cancellationToken);
        }

        if (CheckNotExpired(code) is { } expired)
        {
            return TokenOutcome.Refused(expired);
        }

        var fault = CheckClient(code, client)
            ?? CheckRedirectUri(code, parameters["redirect_uri"]!)
            ?? CheckVerifier(code, parameters["code_verifier"]!)
            ?? await CheckAccountAsync(context, code, cancellationToken);
        return fault is null
            ? await RedeemAsync(context, code, origin, cancellationToken)
            : TokenOutcome.Refused(fault);
    }

    private static OAuthError InvalidCode { get; } = OAuthError.InvalidGrant("The authorization code is not valid. Please log in again.");

    private static string? FindMissing(OAuthParameters parameters)
    {
        foreach (var name in (ReadOnlySpan<string>)["code", "redirect_uri", "code_verifier"])
        {
            if (parameters[name] is null)
            {
                return name;
            }
        }

        return null;
    }

    private static async Task<AuthorizationCode?> FindAsync(DirectoryContext context, string code, CancellationToken cancellationToken)
    {
        if (!OpaqueToken.IsWellFormed(code, OpaqueToken.CodePrefix))
        {
            return null;
        }

        var hash = OpaqueToken.Hash(code);
        return await context.AuthorizationCodes.AsNoTracking().FirstOrDefaultAsync(c => c.CodeHash == hash, cancellationToken);
    }

    /// <summary>A code that comes twice was stolen before or after its first use, so what it gave ends (RFC 6749 section 4.1.2).</summary>
    private async Task<TokenOutcome> RefuseReuseAsync(AuthorizationCode code, RequestOrigin origin, CancellationToken cancellationToken)
    {
        log.CodeReused(code.SessionId, origin.Address);
        if (code.SessionId is { } sessionId)
        {
            await sessions.EndAsync(sessionId, SessionEnd.CodeReused, cancellationToken);
        }

        return TokenOutcome.Refused(OAuthError.InvalidGrant("The authorization code was used before. Please log in again."));
    }

    private OAuthError? CheckNotExpired(AuthorizationCode code) =>
        clock.GetUtcNow() < code.ExpiresAt
            ? null
            : OAuthError.InvalidGrant("The authorization code has expired. Please log in again.");

    private static OAuthError? CheckClient(AuthorizationCode code, OAuthClient client) =>
        code.ClientId == client.Id ? null : OAuthError.InvalidGrant("The authorization code was given to another client.");

    private static OAuthError? CheckRedirectUri(AuthorizationCode code, string redirectUri) =>
        code.RedirectUri == redirectUri
            ? null
            : OAuthError.InvalidGrant("The parameter redirect_uri is not the one that the code was sent to.");

    private static OAuthError? CheckVerifier(AuthorizationCode code, string verifier) =>
        Pkce.IsWellFormedVerifier(verifier) && Pkce.Matches(verifier, code.CodeChallenge)
            ? null
            : OAuthError.InvalidGrant("The parameter code_verifier does not match the code challenge.");

    private static async Task<OAuthError?> CheckAccountAsync(
        DirectoryContext context, AuthorizationCode code, CancellationToken cancellationToken) =>
        await context.Users.AnyAsync(u => u.Id == code.UserId && !u.IsDisabled, cancellationToken) ? null : InvalidCode;

    private async Task<TokenOutcome> RedeemAsync(
        DirectoryContext context, AuthorizationCode code, RequestOrigin origin, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var (holds, notAfter) = await SsoLogins.FindEndAsync(context, code.SsoLoginId, cancellationToken);
        if (!holds)
        {
            return TokenOutcome.Refused(OAuthError.InvalidGrant(RefreshTokenGrant.SsoExpiredText));
        }

        var session = sessions.Begin(new SessionStart
        {
            UserId = code.UserId,
            ClientId = code.ClientId,
            Grant = SessionGrant.AuthorizationCode,
            Amr = code.Amr,
            AuthTime = code.AuthTime,
            SsoLoginId = code.SsoLoginId,
            NotAfter = notAfter,
            IsForOneToken = code.Scope != OAuthScopes.OfflineAccess,
            Origin = origin,
        });
        string? refreshToken = null;
        if (code.Scope == OAuthScopes.OfflineAccess)
        {
            refreshToken = OpaqueToken.Create(OpaqueToken.RefreshPrefix);
        }

        await using (var transaction = await context.Database.BeginTransactionAsync(cancellationToken))
        {
            await AccountTurn.TakeAsync(context, session.UserId, cancellationToken);
            sessions.Add(context, session);
            if (refreshToken is not null)
            {
                context.RefreshTokens.Add(RefreshTokenGrant.NewRow(refreshToken, session, now));
            }

            await context.SaveChangesAsync(cancellationToken);
            var claimed = await context.AuthorizationCodes
                .Where(c => c.CodeHash == code.CodeHash && c.UsedAt == null)
                .ExecuteUpdateAsync(
                    row => row.SetProperty(c => c.UsedAt, now).SetProperty(c => c.SessionId, session.Id), cancellationToken);
            if (claimed == 1)
            {
                await transaction.CommitAsync(cancellationToken);
                log.SessionBegan(session.Id, session.UserId, session.ClientId, session.Grant);
                return TokenOutcome.Granted(session, refreshToken);
            }

            await transaction.RollbackAsync(cancellationToken);
        }

        // Another request was first; its row now says which session it got.
        var used = await context.AuthorizationCodes.AsNoTracking().FirstAsync(c => c.CodeHash == code.CodeHash, cancellationToken);
        return await RefuseReuseAsync(used, origin, cancellationToken);
    }
}
