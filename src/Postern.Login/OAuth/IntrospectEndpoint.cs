using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;
using Postern.Login.Accounts;
using Postern.Login.Sessions;
using Postern.Login.Tokens;

namespace Postern.Login.OAuth;

/// <summary>
/// <c>POST /oauth2/introspect</c> (RFC 7662): tells a resource server of this deployment whether a token holds now, session and
/// account included. It authenticates by Basic with the secret of the setting; clients of people have none and learn nothing.
/// </summary>
internal sealed class IntrospectEndpoint
{
    /// <summary>The client id that resource servers authenticate with.</summary>
    public const string ClientId = "postern-resource-server";

    /// <summary>Fewest characters of the secret: 32 random ones cannot be guessed in any number of tries.</summary>
    private const int ShortestSecret = 32;

    private readonly AccessTokens _accessTokens;
    private readonly SessionStore _sessions;
    private readonly IDbContextFactory<DirectoryContext> _contexts;
    private readonly LoginOptions _options;
    private readonly ILogger<IntrospectEndpoint> _log;
    private readonly AttemptLimiter _failures;
    private readonly byte[] _secretHash;

    /// <summary>Throws <see cref="IOException"/> when the file of the secret cannot be read or holds too short a one.</summary>
    public IntrospectEndpoint(
        AccessTokens accessTokens,
        SessionStore sessions,
        IDbContextFactory<DirectoryContext> contexts,
        LoginOptions options,
        TimeProvider clock,
        ILogger<IntrospectEndpoint> log)
    {
        (_accessTokens, _sessions, _contexts, _options, _log) = (accessTokens, sessions, contexts, options, log);
        _failures = new AttemptLimiter(options.AttemptWindow, options.AttemptWindow, clock);
        var secret = File.ReadAllText(options.IntrospectionSecretFile!).Trim();
        if (secret.Length < ShortestSecret)
        {
            throw new IOException($"The introspection secret in {options.IntrospectionSecretFile} has fewer than {ShortestSecret} characters.");
        }

        _secretHash = SHA256.HashData(Encoding.UTF8.GetBytes(secret));
    }

    public async Task HandleAsync(HttpContext context)
    {
        if (!IsAuthenticated(context))
        {
            if (_failures.Count(RequestOrigin.CountedAddress(context), _options.AttemptsPerAddress) is { } wait)
            {
                await OAuthAnswer.WriteTooManyAsync(context, wait);
                return;
            }

            _log.IntrospectionRefused(RequestOrigin.Of(context).Address);
            await OAuthAnswer.WriteErrorAsync(
                context, new(OAuthErrorCode.InvalidClient, "Only resource servers of this deployment may introspect, with Basic and their secret."));
            return;
        }

        var (parameters, malformed) = await OAuthRequestBody.ReadAsync(context);
        if (malformed is not null)
        {
            await OAuthAnswer.WriteErrorAsync(context, malformed);
            return;
        }

        if (parameters!["token"] is not { } token)
        {
            await OAuthAnswer.WriteErrorAsync(context, OAuthError.InvalidRequest("The parameter token is missing."));
            return;
        }

        var answer = OpaqueToken.IsWellFormed(token, OpaqueToken.RefreshPrefix)
            ? await DescribeRefreshTokenAsync(token, context.RequestAborted)
            : await DescribeAccessTokenAsync(token, context.RequestAborted);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "application/json";

        // RFC 7662 section 2.2: of a token that does not hold nothing more is said.
        await context.Response.WriteAsync((answer ?? new JsonObject { ["active"] = false }).ToJsonString(), context.RequestAborted);
    }

    private async Task<JsonObject?> DescribeAccessTokenAsync(string token, CancellationToken cancellationToken)
    {
        if (await _accessTokens.ValidateAsync(token, cancellationToken) is not { } claims
            || await _sessions.FindLiveAsync(claims.SessionId, cancellationToken) is not { LacksSso: false } live
            || live.User.Id != claims.UserId)
        {
            return null;
        }

        var answer = Describe(live, claims.ExpiresAt);
        answer["token_type"] = "Bearer";
        answer["jti"] = claims.TokenId;
        answer["iat"] = claims.IssuedAt.ToUnixTimeSeconds();
        answer["aud"] = _options.Issuer;
        answer["scope"] = string.Join(' ', claims.Scopes);
        foreach (var (name, value) in AccessTokenPayload.SharedClaims(claims))
        {
            answer[name] = value?.DeepClone();
        }

        return answer;
    }

    private async Task<JsonObject?> DescribeRefreshTokenAsync(string token, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        var hash = OpaqueToken.Hash(token);
        var row = await context.RefreshTokens.AsNoTracking()
            .FirstOrDefaultAsync(t => t.TokenHash == hash && t.UsedAt == null, cancellationToken);
        return row is not null && await _sessions.FindLiveAsync(row.SessionId, cancellationToken) is { LacksSso: false } live
            ? Describe(live, live.Session.IdleExpiry)
            : null;
    }

    private JsonObject Describe(LiveSession live, DateTimeOffset expiresAt) => new()
    {
        ["active"] = true,
        ["iss"] = _options.Issuer,
        ["sub"] = live.User.Id.ToString(),
        ["username"] = live.User.Email,
        ["client_id"] = live.Session.ClientId,
        ["sid"] = live.Session.Id.ToString(),
        ["exp"] = expiresAt.ToUnixTimeSeconds(),
    };

    private bool IsAuthenticated(HttpContext context) =>
        ClientIdentification.TryReadBasic(context.Request.Headers.Authorization.ToString(), out var id, out var secret)
        && id == ClientId
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(secret)), _secretHash);
}
