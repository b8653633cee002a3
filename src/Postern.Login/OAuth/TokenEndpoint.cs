using Postern.Contracts.OAuth;
using Postern.Login.Sessions;
using Postern.Login.Tokens;

namespace Postern.Login.OAuth;

/// <summary><c>POST /oauth2/token</c> (RFC 6749 section 3.2).</summary>
internal sealed class TokenEndpoint(
    ClientIdentification clients,
    AuthorizationCodeGrant authorizationCodes,
    RefreshTokenGrant refreshTokens,
    ApiTokenGrant apiTokens,
    DeviceCodeGrant deviceCodes,
    AccessTokens accessTokens)
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

        var outcome = await ExchangeAsync(parameters!, client!, RequestOrigin.Of(context), context.RequestAborted);
        if (outcome.RetryAfter > TimeSpan.Zero)
        {
            await OAuthAnswer.WriteTooManyAsync(context, outcome.RetryAfter);
            return;
        }

        if (outcome.Session is not { } session)
        {
            await OAuthAnswer.WriteErrorAsync(context, outcome.Error!);
            return;
        }

        var (token, lifetime) = await accessTokens.CreateAsync(session, isOffline: outcome.RefreshToken is not null, context.RequestAborted);
        await OAuthAnswer.WriteAsync(context, StatusCodes.Status200OK, new TokenResponse
        {
            AccessToken = token,
            ExpiresIn = (long)lifetime.TotalSeconds,
            RefreshToken = outcome.RefreshToken,
            Scope = outcome.RefreshToken is null ? "" : OAuthScopes.OfflineAccess,
        }, OAuthJsonContext.Default.TokenResponse);
    }

    private Task<TokenOutcome> ExchangeAsync(
        OAuthParameters parameters, OAuthClient client, RequestOrigin origin, CancellationToken cancellationToken) =>
        parameters["grant_type"] switch
        {
            "authorization_code" => authorizationCodes.ExchangeAsync(parameters, client, origin, cancellationToken),
            "refresh_token" => refreshTokens.ExchangeAsync(parameters, client, origin, cancellationToken),
            "api_token" => apiTokens.ExchangeAsync(parameters, client, origin, cancellationToken),
            DeviceCodeGrant.GrantType => deviceCodes.ExchangeAsync(parameters, client, origin, cancellationToken),
            null => Task.FromResult(TokenOutcome.Missing("grant_type")),
            _ => Task.FromResult(TokenOutcome.Refused(new(
                OAuthErrorCode.UnsupportedGrantType, $"grant_type may be authorization_code, refresh_token, api_token or {DeviceCodeGrant.GrantType}."))),
        };
}
