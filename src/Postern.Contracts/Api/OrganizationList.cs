using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>Organizations: <c>GET /organizations</c> and <c>GET /users/{id}/organizations</c>.</summary>
public sealed record OrganizationList
{
    /// <summary>The organizations of this page.</summary>
    public IReadOnlyList<Organization> Items { get; set; } = [];

    /// <summary>What the caller may do or read next; a relation that is absent is not available to the caller.</summary>
    [JsonPropertyName("_links")]
    public HalLinks Links { get; set; } = new();
}
