using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Postern.Cli.Http;

/// <summary>An answer of a server, read to its end.</summary>
internal sealed record HttpAnswer(HttpStatusCode Status, string Body, string WwwAuthenticate, Uri? Location)
{
    private static readonly string[] DetailFields = ["message", "detail", "title", "type", "error", "error_description"];

    public bool IsSuccess => (int)Status is >= 200 and < 300;

    /// <summary>True when the server asks for a better sign-in (RFC 9470).</summary>
    public bool IsStepUp => Status == HttpStatusCode.Unauthorized
        && WwwAuthenticate.Contains("Bearer", StringComparison.Ordinal)
        && WwwAuthenticate.Contains("insufficient_user_authentication", StringComparison.Ordinal);

    public JsonObject? Json
    {
        get
        {
            try
            {
                return JsonNode.Parse(Body) as JsonObject;
            }
            catch (JsonException)
            {
                return null;
            }
        }
    }

    public string? Field(string name) => Json?[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    /// <summary>What the server said was wrong, in one line.</summary>
    public string Describe()
    {
        var parts = DetailFields.Select(Field).Where(f => !string.IsNullOrWhiteSpace(f) && f != "about:blank").Distinct(StringComparer.Ordinal).ToList();
        return parts.Count > 0 ? $"{string.Join(": ", parts)} (HTTP {(int)Status})" : $"HTTP {(int)Status}";
    }
}
