using System.Text.Json.Nodes;
using Microsoft.IdentityModel.Tokens;
using Postern.Login.Factors;
using Postern.Login.Tokens;

namespace Postern.Login.OAuth;

/// <summary>Tells clients and resource servers what is where (RFC 8414) and which keys sign tokens (RFC 7517).</summary>
internal sealed class MetadataEndpoint(LoginOptions options, SigningKeyRing keys)
{
    /// <summary>How long the documents may be cached: short beside the life of a signing key.</summary>
    private const string CacheControl = "public, max-age=300";

    public Task WriteServerMetadataAsync(HttpContext context)
    {
        var document = new JsonObject
        {
            ["issuer"] = options.Issuer,
            ["authorization_endpoint"] = options.Issuer + LoginPaths.Authorize,
            ["token_endpoint"] = options.Issuer + LoginPaths.Token,
            ["revocation_endpoint"] = options.Issuer + LoginPaths.Revoke,
            ["device_authorization_endpoint"] = options.Issuer + LoginPaths.DeviceAuthorization,
            ["jwks_uri"] = options.Issuer + LoginPaths.KeySet,
            ["response_types_supported"] = new JsonArray("code"),
            ["response_modes_supported"] = new JsonArray("query"),
            ["grant_types_supported"] = new JsonArray("authorization_code", "refresh_token", "api_token", DeviceCodeGrant.GrantType),
            ["code_challenge_methods_supported"] = new JsonArray(Pkce.Method),
            ["token_endpoint_auth_methods_supported"] = new JsonArray("none"),
            ["revocation_endpoint_auth_methods_supported"] = new JsonArray("none"),
            ["scopes_supported"] = new JsonArray(OAuthScopes.OfflineAccess),
            ["prompt_values_supported"] = new JsonArray("none", "login", "consent", "select_account"),
            ["acr_values_supported"] = new JsonArray(AuthenticationMethods.Password, AuthenticationMethods.MultiFactor),
            ["authorization_response_iss_parameter_supported"] = true,
        };
        if (options.IntrospectionSecretFile is not null)
        {
            document["introspection_endpoint"] = options.Issuer + LoginPaths.Introspect;
            document["introspection_endpoint_auth_methods_supported"] = new JsonArray("client_secret_basic");
        }

        return WriteAsync(context, document);
    }

    public async Task WriteKeySetAsync(HttpContext context)
    {
        var known = await keys.GetAllAsync(context.RequestAborted);
        await WriteAsync(context, new JsonObject { ["keys"] = new JsonArray([.. known.Select(Describe)]) });
    }

    private static JsonObject Describe(ECDsaSecurityKey key)
    {
        var point = key.ECDsa.ExportParameters(includePrivateParameters: false).Q;
        return new JsonObject
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["use"] = "sig",
            ["alg"] = SecurityAlgorithms.EcdsaSha256,
            ["kid"] = key.KeyId,
            ["x"] = Base64UrlEncoder.Encode(point.X!),
            ["y"] = Base64UrlEncoder.Encode(point.Y!),
        };
    }

    private static Task WriteAsync(HttpContext context, JsonObject document)
    {
        context.Response.Headers.CacheControl = CacheControl;
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(document.ToJsonString(), context.RequestAborted);
    }
}
