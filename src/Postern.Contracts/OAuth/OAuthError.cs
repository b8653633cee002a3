using System.Text.Json.Serialization;

namespace Postern.Contracts.OAuth;

/// <summary>A refused OAuth request (RFC 6749 section 5.2).</summary>
public sealed record OAuthError
{
    /// <summary>The error word, such as <c>invalid_grant</c>.</summary>
    public string Error { get; set; } = "";

    /// <summary>What was wrong, for people.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ErrorDescription { get; set; }

    /// <summary>What to do about it, for people.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ErrorHint { get; set; }
}
