using System.Text.Json.Serialization;

namespace Postern.Contracts.OAuth;

/// <summary>The tokens of a session (RFC 6749 section 5.1).</summary>
public sealed record TokenResponse
{
    /// <summary>The bearer token.</summary>
    public string AccessToken { get; set; } = "";

    /// <summary>Always <c>bearer</c>.</summary>
    public string TokenType { get; set; } = "bearer";

    /// <summary>How long the access token is valid, in seconds.</summary>
    public long ExpiresIn { get; set; }

    /// <summary>The next refresh token; absent for an API token.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? RefreshToken { get; set; }

    /// <summary>The granted scopes, separated by spaces.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Scope { get; set; }
}
