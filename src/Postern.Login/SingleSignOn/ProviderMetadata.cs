using System.Text.Json;

namespace Postern.Login.SingleSignOn;

/// <summary>What a provider says of itself (OpenID Connect Discovery section 3), as far as it is used.</summary>
internal sealed record ProviderMetadata
{
    /// <summary>Where the document is, below the issuer.</summary>
    public const string Path = "/.well-known/openid-configuration";

    public required string Issuer { get; init; }

    /// <summary>Where people are sent.</summary>
    public required string AuthorizationEndpoint { get; init; }

    public required string TokenEndpoint { get; init; }

    public required string KeySet { get; init; }

    /// <summary>Where claims are that the ID token lacks, or null.</summary>
    public string? UserInfoEndpoint { get; init; }

    /// <summary>Whether the client secret goes into the form instead of the header, which is the default.</summary>
    public bool WantsSecretInForm { get; init; }

    /// <summary>Whether its answers say who gives them (RFC 9207); then they must.</summary>
    public bool SendsIssuer { get; init; }

    /// <summary>Whether it offers refresh tokens by their scope.</summary>
    public bool OffersOfflineAccess { get; init; }

    /// <summary>
    /// Reads a document. Throws <see cref="ProviderException"/> when it is of another issuer (Discovery section 4.3 wants them equal to
    /// the character), or lacks something, or leads where it may not.
    /// </summary>
    public static ProviderMetadata Read(JsonElement document, string issuer, IReadOnlyCollection<string> internalHosts)
    {
        if (Text(document, "issuer") != issuer)
        {
            throw new ProviderException(
                ProviderFailure.Invalid, "The discovery document names another issuer. Enter the issuer as the provider writes it, to the last character.");
        }

        string Address(string name) => Text(document, name) is { } url && ProviderAddress.IsAllowed(url, internalHosts)
            ? url
            : throw new ProviderException(ProviderFailure.Invalid, $"The discovery document has no {name} with https.");

        if (Texts(document, "response_types_supported") is { Count: > 0 } types && !types.Contains("code", StringComparer.Ordinal))
        {
            throw new ProviderException(ProviderFailure.Invalid, "The provider does not offer the authorization code flow.");
        }

        var methods = Texts(document, "token_endpoint_auth_methods_supported");
        return new ProviderMetadata
        {
            Issuer = issuer,
            AuthorizationEndpoint = Address("authorization_endpoint"),
            TokenEndpoint = Address("token_endpoint"),
            KeySet = Address("jwks_uri"),
            UserInfoEndpoint = document.TryGetProperty("userinfo_endpoint", out _) ? Address("userinfo_endpoint") : null,
            WantsSecretInForm = methods.Contains("client_secret_post", StringComparer.Ordinal) && !methods.Contains("client_secret_basic", StringComparer.Ordinal),
            SendsIssuer = document.TryGetProperty("authorization_response_iss_parameter_supported", out var sends) && sends.ValueKind == JsonValueKind.True,
            OffersOfflineAccess = Texts(document, "scopes_supported").Contains("offline_access", StringComparer.Ordinal),
        };
    }

    private static string? Text(JsonElement document, string name) =>
        document.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static List<string> Texts(JsonElement document, string name) =>
        document.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Where(item => item.ValueKind == JsonValueKind.String).Select(item => item.GetString()!)]
            : [];
}
