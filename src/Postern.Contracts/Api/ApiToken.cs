using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>A secret for tools: <c>/users/{id}/api-tokens</c>.</summary>
public sealed record ApiToken
{
    /// <summary>The id, which is no secret.</summary>
    public string Id { get; set; } = "";

    /// <summary>The name people gave it.</summary>
    public string Name { get; set; } = "";

    /// <summary>The secret; only in the answer to its creation.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Token { get; set; }

    /// <summary>The first characters of the secret, which tell tokens apart.</summary>
    public string Prefix { get; set; } = "";

    /// <summary>Whether it was made with multi-factor authentication.</summary>
    public bool MfaOnCreation { get; set; }

    /// <summary>The only project that it reaches, or null for all of the account.</summary>
    public string? Project { get; set; }

    /// <summary>Whether it may only look.</summary>
    public bool ReadOnly { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>The same, for clients that look for it: a token does not change.</summary>
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>When it stops working, or null for never.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>When it was last exchanged, or null.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    /// <summary>The address it came from then, or null.</summary>
    public string? LastUsedAddress { get; set; }
}
