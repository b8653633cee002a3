using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;
using Postern.Login.Sessions;
using Postern.Login.Tokens;

namespace Postern.Login.OAuth;

/// <summary>
/// <c>POST /oauth2/revoke</c> (RFC 7009). Either token of a session ends the whole session: an access token cannot be taken
/// back by itself, and a person who signs out means all of it.
/// </summary>
internal sealed class RevokeEndpoint(
    ClientIdentification clients, IDbContextFactory<DirectoryContext> contexts, SessionStore sessions, AccessTokens accessTokens)
{
    public async Task HandleAsync(HttpContext context)
    {
        var (parameters, malformed) = await OAuthRequestBody.ReadAsync(context);
        if (malformed is not null)
        {
            await OAuthAnswer.WriteErrorAsync(context, malformed);
            return;
        }

        var (client, unidentified) = clients.Identify(context, parameters!);
        if (unidentified is not null)
        {
            await OAuthAnswer.WriteErrorAsync(context, unidentified);
            return;
        }

        if (parameters!["token"] is not { } token)
        {
            await OAuthAnswer.WriteErrorAsync(context, OAuthError.InvalidRequest("The parameter token is missing."));
            return;
        }

        // RFC 7009 section 2.2: an unknown token is as good as revoked, and the answer says no more than that.
        if (await FindSessionAsync(token, context.RequestAborted) is { } found)
        {
            if (found.ClientId != client!.Id)
            {
                // RFC 7009 section 2.1: the request is refused and the client is told.
                await OAuthAnswer.WriteErrorAsync(
                    context, new(OAuthErrorCode.UnauthorizedClient, "The token was issued to another client."));
                return;
            }

            await sessions.EndAsync(found.SessionId, SessionEnd.EndedByClient, context.RequestAborted);
        }

        context.Response.Headers.CacheControl = "no-store";
        context.Response.StatusCode = StatusCodes.Status200OK;
    }

    // The kinds of token cannot be confused, so the hint is not needed (RFC 7009 section 2.1 lets it be ignored).
    private async Task<(Guid SessionId, string ClientId)?> FindSessionAsync(string token, CancellationToken cancellationToken)
    {
        if (!OpaqueToken.IsWellFormed(token, OpaqueToken.RefreshPrefix))
        {
            var claims = await accessTokens.ValidateAsync(token, cancellationToken);
            return claims is null ? null : (claims.SessionId, claims.ClientId);
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var hash = OpaqueToken.Hash(token);
        var found = await (
            from row in context.RefreshTokens
            join session in context.Sessions on row.SessionId equals session.Id
            where row.TokenHash == hash
            select new { session.Id, session.ClientId }).FirstOrDefaultAsync(cancellationToken);
        return found is null ? null : (found.Id, found.ClientId);
    }
}
