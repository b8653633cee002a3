using System.Text.Json.Serialization;

namespace Postern.Contracts.OAuth;

/// <summary>The body of a 401 that asks for a better sign-in (RFC 9470).</summary>
public sealed record StepUpChallenge
{
    /// <summary>Always <c>insufficient_user_authentication</c>.</summary>
    public string Error { get; set; } = "insufficient_user_authentication";

    /// <summary>Why, for people.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ErrorDescription { get; set; }

    /// <summary>The methods that are asked for, such as <c>mfa</c> or <c>sso:acme</c>.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Amr { get; set; }

    /// <summary>The greatest age of the sign-in, in seconds.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? MaxAge { get; set; }

    /// <summary>Authentication classes, separated by spaces.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AcrValues { get; set; }
}
