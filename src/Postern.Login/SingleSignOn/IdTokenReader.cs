using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Postern.Directory.SingleSignOn;

namespace Postern.Login.SingleSignOn;

/// <summary>Checks ID tokens (OpenID Connect Core sections 3.1.3.7 and 12.2), one rule after the other.</summary>
internal sealed class IdTokenReader(ProviderDocuments documents, TimeProvider clock)
{
    /// <summary>
    /// Signatures that are believed. No <c>none</c>, and none with a shared secret: the key would be our client secret, or, by key
    /// confusion, the provider's public key (RFC 8725 sections 3.1 and 3.2).
    /// </summary>
    private static readonly string[] Algorithms =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    /// <summary>Classes that stand for more than one factor: OpenID's EAP and PAPE, REFEDS, Okta, and the plain word.</summary>
    private static readonly HashSet<string> MultiFactorClasses = new(StringComparer.Ordinal)
    {
        "mfa", "phr", "phrh", "http://schemas.openid.net/pape/policies/2007/06/multi-factor", "https://refeds.org/profile/mfa",
        "urn:okta:loa:2fa:any",
    };

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = SsoLimits.IdToken };

    /// <summary>Reads the token of a sign-in. Throws <see cref="ProviderException"/> with the first rule that it breaks.</summary>
    /// <param name="token">The token.</param>
    /// <param name="provider">Who has to have made it, and for whom.</param>
    /// <param name="nonce">What the sign-in was begun with; null at a refresh, where there is none.</param>
    /// <param name="accessToken">The access token beside it, or null.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<IdToken> ReadAsync(
        string token, IdentityProvider provider, string? nonce, string? accessToken, CancellationToken cancellationToken)
    {
        if (token.Length > SsoLimits.IdToken || !_handler.CanReadToken(token))
        {
            throw Invalid("is none, or too long");
        }

        var keys = await documents.GetKeysAsync(provider.Issuer, KeyIdOf(token), cancellationToken);
        var result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidAlgorithms = Algorithms,
            ValidIssuer = provider.Issuer,
            ValidAudience = provider.ClientId,
            IssuerSigningKeys = keys,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            LifetimeValidator = IsInTime,
        });
        if (!result.IsValid)
        {
            throw new ProviderException(ProviderFailure.Invalid, "The provider's answer is not signed by it, is for somebody else, or is not of this time.", result.Exception);
        }

        using var payload = JsonDocument.Parse(Base64UrlEncoder.Decode(((JsonWebToken)result.SecurityToken).EncodedPayload));
        var claims = payload.RootElement;
        CheckAuthorizedParty(claims, provider.ClientId);
        CheckIssuedAt(claims);
        if (nonce is not null && !IsEqual(Text(claims, "nonce"), nonce))
        {
            throw Invalid("belongs to another sign-in");
        }

        if (accessToken is not null && Text(claims, "at_hash") is { } hash && !IsEqual(hash, HashOf(accessToken, ((JsonWebToken)result.SecurityToken).Alg)))
        {
            throw Invalid("belongs to another access token");
        }

        return Read(claims);
    }

    /// <summary>Adds what the UserInfo endpoint says, which has to be of the same person (OpenID Connect Core section 5.3.2).</summary>
    public static IdToken AddUserInfo(IdToken token, JsonElement claims) =>
        Text(claims, "sub") == token.Subject
            ? token with
            {
                Email = token.Email ?? Text(claims, "email"),
                IsEmailVerified = token.Email is null ? IsVerified(claims) : token.IsEmailVerified,
                FirstName = token.FirstName.Length > 0 ? token.FirstName : Name(claims, "given_name"),
                LastName = token.LastName.Length > 0 ? token.LastName : Name(claims, "family_name"),
            }
            : throw new ProviderException(ProviderFailure.Invalid, "The provider's answers are about two people.");

    private static IdToken Read(JsonElement claims) => new()
    {
        Subject = Text(claims, "sub") is { Length: > 0 and <= SsoIdentity.MaximumSubjectLength } subject && !subject.Any(char.IsControl)
            ? subject
            : throw Invalid("names nobody"),
        Email = Text(claims, "email"),
        IsEmailVerified = IsVerified(claims),
        FirstName = Name(claims, "given_name"),
        LastName = Name(claims, "family_name"),
        AuthTime = Seconds(claims, "auth_time"),
        HasMfa = Texts(claims, "amr").Contains("mfa", StringComparer.Ordinal) || (Text(claims, "acr") is { } acr && MultiFactorClasses.Contains(acr)),
    };

    private bool IsInTime(DateTime? begins, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return expires is { } end && now < end + SsoLimits.ClockSkew && !(begins > now + SsoLimits.ClockSkew);
    }

    /// <summary>Of several audiences one must be named as the one that asked; if one is named, it must be us.</summary>
    private static void CheckAuthorizedParty(JsonElement claims, string clientId)
    {
        var party = Text(claims, "azp");
        if (party is null ? Texts(claims, "aud").Count > 1 : party != clientId)
        {
            throw Invalid("was made for another program");
        }
    }

    private void CheckIssuedAt(JsonElement claims)
    {
        var now = clock.GetUtcNow();
        if (Seconds(claims, "iat") is not { } at || at > now + SsoLimits.ClockSkew || at < now - SsoLimits.IdTokenAge)
        {
            throw Invalid("was not made just now");
        }
    }

    // Core section 3.1.3.6: the left half of the hash that the signature uses.
    private static string HashOf(string accessToken, string algorithm)
    {
        var bytes = Encoding.ASCII.GetBytes(accessToken);
        var hash = algorithm[^3..] switch
        {
            "384" => SHA384.HashData(bytes),
            "512" => SHA512.HashData(bytes),
            _ => SHA256.HashData(bytes),
        };
        return Base64UrlEncoder.Encode(hash[..(hash.Length / 2)]);
    }

    // Entra says xms_edov in place of email_verified, as a number or a text.
    private static bool IsVerified(JsonElement claims) =>
        IsTrue(claims, "email_verified") || (!claims.TryGetProperty("email_verified", out _) && IsTrue(claims, "xms_edov"));

    private static bool IsTrue(JsonElement claims, string name) => claims.TryGetProperty(name, out var value) && value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.String => value.GetString() is "true" or "1",
        JsonValueKind.Number => value.TryGetInt32(out var number) && number == 1,
        _ => false,
    };

    private static string Name(JsonElement claims, string name) =>
        Text(claims, name) is { Length: <= LoginLimits.Name } text && !text.Any(char.IsControl) ? text.Trim() : "";

    private static string? Text(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static List<string> Texts(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Take(SsoLimits.Methods).Select(item => item.GetString()!)]
            : [];

    private static DateTimeOffset? Seconds(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetDouble(out var seconds) && seconds is > 0 and < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000))
            : null;

    private static bool IsEqual(string? given, string wanted) =>
        given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(wanted));

    private string? KeyIdOf(string token)
    {
        try
        {
            return _handler.ReadJsonWebToken(token).Kid is { Length: > 0 } keyId ? keyId : null;
        }
        catch (Exception e) when (e is ArgumentException or SecurityTokenException or JsonException)
        {
            throw Invalid("cannot be read");
        }
    }

    private static ProviderException Invalid(string what) => new(ProviderFailure.Invalid, $"The provider's answer {what}.");
}
