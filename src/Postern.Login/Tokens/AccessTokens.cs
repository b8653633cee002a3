using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Postern.Directory.Sessions;

namespace Postern.Login.Tokens;

/// <summary>Makes and checks access tokens: JWTs signed with ES256 (RFC 9068, RFC 8725).</summary>
internal sealed class AccessTokens(SigningKeyRing keys, LoginOptions options, TimeProvider clock)
{
    /// <summary>The <c>typ</c> of our tokens (RFC 9068 section 2.1), so that no other JWT of ours can pass for one.</summary>
    private const string TokenType = "at+jwt";

    private readonly JsonWebTokenHandler _handler = new()
    {
        MaximumTokenSizeInBytes = LoginLimits.Token,
        MapInboundClaims = false,
        SetDefaultTimesOnTokenCreation = false,
    };

    /// <summary>A new token of this session, good for at most as long as the session.</summary>
    public async Task<(string Token, TimeSpan Lifetime)> CreateAsync(Session session, bool isOffline, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var end = now + options.AccessTokenLifetime;
        if (end > session.AbsoluteExpiry)
        {
            end = session.AbsoluteExpiry;
        }

        var key = await keys.GetCurrentAsync(cancellationToken);
        var payload = AccessTokenPayload.Write(AccessTokenClaims.For(session, isOffline), options.Issuer, now, end);
        var token = _handler.CreateToken(
            payload,
            new SigningCredentials(key, SecurityAlgorithms.EcdsaSha256),
            new Dictionary<string, object> { [JwtHeaderParameterNames.Typ] = TokenType });
        return (token, end - now);
    }

    /// <summary>What the token says, or null when it is not a good token of this server: then nothing in it is to be believed.</summary>
    public async Task<AccessTokenClaims?> ValidateAsync(string token, CancellationToken cancellationToken)
    {
        if (token.Length > LoginLimits.Token || !_handler.CanReadToken(token))
        {
            return null;
        }

        var known = await keys.GetVerificationKeysAsync(KeyIdOf(token), cancellationToken);
        var result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            ValidTypes = [TokenType],
            ValidIssuer = options.Issuer,
            ValidAudience = options.Issuer,
            IssuerSigningKeys = known,
            TryAllIssuerSigningKeys = false,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            LifetimeValidator = (begins, expires, _, _) =>
                expires is { } end && clock.GetUtcNow().UtcDateTime < end && !(begins > clock.GetUtcNow().UtcDateTime),
        });
        return result.IsValid ? ReadPayload((JsonWebToken)result.SecurityToken) : null;
    }

    private string KeyIdOf(string token)
    {
        try
        {
            return _handler.ReadJsonWebToken(token).Kid ?? "";
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException or JsonException)
        {
            return "";
        }
    }

    private static AccessTokenClaims? ReadPayload(JsonWebToken token)
    {
        using var document = JsonDocument.Parse(Base64UrlEncoder.Decode(token.EncodedPayload));
        return AccessTokenPayload.Read(document.RootElement);
    }
}
