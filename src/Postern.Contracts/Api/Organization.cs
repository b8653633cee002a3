using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>An organization: <c>GET /organizations/{id}</c>.</summary>
public sealed record Organization
{
    /// <summary>The organization id, an upper-case ULID.</summary>
    public string Id { get; set; } = "";

    /// <summary>The kind of organization.</summary>
    public string Type { get; set; } = "";

    /// <summary>The short name used in addresses.</summary>
    public string Name { get; set; } = "";

    /// <summary>The name people read.</summary>
    public string Label { get; set; } = "";

    /// <summary>The user id of the owner.</summary>
    public string OwnerId { get; set; } = "";

    /// <summary>The country as ISO 3166-1 alpha-2; empty when not told.</summary>
    public string Country { get; set; } = "";

    /// <summary>The name space.</summary>
    public string Namespace { get; set; } = "";

    /// <summary>Who runs the deployment.</summary>
    public string Vendor { get; set; } = "";

    /// <summary>Features that are switched on.</summary>
    public IReadOnlyList<string> Capabilities { get; set; } = [];

    /// <summary>When it was made.</summary>
    public DateTimeOffset? CreatedAt { get; set; }

    /// <summary>When it last changed.</summary>
    public DateTimeOffset? UpdatedAt { get; set; }

    /// <summary>What the caller may do or read next; a relation that is absent is not available to the caller.</summary>
    [JsonPropertyName("_links")]
    public HalLinks Links { get; set; } = new();
}
