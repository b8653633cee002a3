using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>Who has roles on a project: <c>GET /projects/{id}/user-access</c>.</summary>
public sealed record UserAccessList
{
    /// <summary>The accounts of this page.</summary>
    public IReadOnlyList<UserAccess> Items { get; set; } = [];

    /// <summary>References to the accounts, and <c>next</c> when there are more.</summary>
    [JsonPropertyName("_links")]
    public HalLinks Links { get; set; } = new();
}
