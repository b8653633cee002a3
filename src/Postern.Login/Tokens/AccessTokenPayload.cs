using System.Text.Json;
using System.Text.Json.Nodes;

namespace Postern.Login.Tokens;

/// <summary>
/// Writes the JSON payload of an access token (RFC 9068, and the claims that existing clients read).
/// </summary>
internal static class AccessTokenPayload
{
    public static string Write(AccessTokenClaims claims, string issuer, DateTimeOffset issuedAt, DateTimeOffset expiresAt)
    {
        var payload = new JsonObject
        {
            ["iss"] = issuer,
            ["aud"] = issuer,
            ["sub"] = claims.UserId.ToString(),
            ["sid"] = claims.SessionId.ToString(),
            ["jti"] = claims.TokenId,
            ["client_id"] = claims.ClientId,
            ["iat"] = issuedAt.ToUnixTimeSeconds(),
            ["exp"] = expiresAt.ToUnixTimeSeconds(),
        };
        foreach (var (name, value) in SharedClaims(claims))
        {
            payload[name] = value?.DeepClone();
        }

        return EscapeForStandardBase64(payload.ToJsonString());
    }

    /// <summary>The claims that a certificate repeats in its <c>token-claims</c> extension, word for word.</summary>
    public static JsonObject SharedClaims(AccessTokenClaims claims) => new()
    {
        ["auth_time"] = claims.AuthTime.ToUnixTimeSeconds(),
        ["amr"] = new JsonArray([.. claims.Amr.Select(method => JsonValue.Create(method))]),
        ["grant"] = claims.Grant,
        ["scp"] = new JsonArray([.. claims.Scopes.Select(scope => JsonValue.Create(scope))]),
        ["act"] = new JsonObject { ["sub"] = claims.ClientId, ["src"] = claims.Grant },
    };

    /// <summary>
    /// Existing clients decode the payload with strict standard base64, so its base64url text must hold neither '-' nor '_'.
    /// Those digits only arise from the characters &gt; ? ~ and from bytes above 126; the serializer has escaped all but
    /// two of them, and outside of strings JSON has no use for these two.
    /// </summary>
    private static string EscapeForStandardBase64(string json) =>
        json.Replace("?", "\\u003F", StringComparison.Ordinal).Replace("~", "\\u007E", StringComparison.Ordinal);

    /// <summary>Reads back what <see cref="Write"/> wrote; null when a claim is missing or of the wrong kind.</summary>
    public static AccessTokenClaims? Read(JsonElement payload)
    {
        try
        {
            return new AccessTokenClaims
            {
                UserId = payload.GetProperty("sub").GetGuid(),
                SessionId = payload.GetProperty("sid").GetGuid(),
                TokenId = payload.GetProperty("jti").GetString()!,
                ClientId = payload.GetProperty("client_id").GetString()!,
                Amr = [.. payload.GetProperty("amr").EnumerateArray().Select(method => method.GetString()!)],
                AuthTime = DateTimeOffset.FromUnixTimeSeconds(payload.GetProperty("auth_time").GetInt64()),
                IssuedAt = DateTimeOffset.FromUnixTimeSeconds(payload.GetProperty("iat").GetInt64()),
                ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(payload.GetProperty("exp").GetInt64()),
                Grant = payload.GetProperty("grant").GetString()!,
                Scopes = [.. payload.GetProperty("scp").EnumerateArray().Select(scope => scope.GetString()!)],
            };
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            return null;
        }
    }
}
