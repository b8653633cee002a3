using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>The people of an organization: <c>GET /organizations/{id}/members</c>.</summary>
public sealed record OrganizationMemberList
{
    /// <summary>The people of this page.</summary>
    public IReadOnlyList<OrganizationMember> Items { get; set; } = [];

    /// <summary>References to the people, and <c>next</c> when there are more.</summary>
    [JsonPropertyName("_links")]
    public HalLinks Links { get; set; } = new();
}
