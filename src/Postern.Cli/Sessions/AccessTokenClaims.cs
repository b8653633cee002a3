using System.Buffers.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Postern.Cli.Sessions;

/// <summary>The claims of an access token that is a JWT; the server checks the signature, not we.</summary>
internal sealed class AccessTokenClaims
{
    private static readonly string[] CertificateClaims = ["auth_time", "amr", "grant", "scp", "act"];
    private readonly JsonObject _claims;

    private AccessTokenClaims(JsonObject claims) => _claims = claims;

    public string? UserId => Text("sub") is { } id && id.All(c => char.IsAsciiLetterOrDigit(c) || c == '-') ? id : null;

    public string? TokenId => Text("jti");

    public string? AccessId => Text("access_id");

    public JsonNode? Access => _claims["access"];

    public IReadOnlyList<string> Methods =>
        _claims["amr"] is JsonArray methods ? [.. methods.Select(m => m is JsonValue v && v.TryGetValue(out string? text) ? text : "")] : [];

    /// <summary>The claims that certificates carry, by name.</summary>
    public JsonObject ForCertificate
    {
        get
        {
            var selected = new JsonObject();
            foreach (var name in CertificateClaims)
            {
                if (_claims[name] is { } value)
                {
                    selected[name] = value.DeepClone();
                }
            }

            return selected;
        }
    }

    /// <summary>The claims, or null for a token that is not a JWT.</summary>
    public static AccessTokenClaims? TryRead(string accessToken)
    {
        var parts = accessToken.Split('.');
        if (parts.Length != 3)
        {
            return null;
        }

        try
        {
            // Standard base64 is accepted as well: older servers write it.
            var payload = Base64Url.DecodeFromChars(parts[1].TrimEnd('=').Replace('+', '-').Replace('/', '_'));
            return JsonNode.Parse(payload) is JsonObject claims ? new AccessTokenClaims(claims) : null;
        }
        catch (Exception exception) when (exception is FormatException or JsonException or ArgumentException)
        {
            return null;
        }
    }

    private string? Text(string name) => _claims[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
