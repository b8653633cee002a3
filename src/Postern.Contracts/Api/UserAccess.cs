using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>The roles of one account on a project: an item of <c>GET /projects/{id}/user-access</c>.</summary>
public sealed record UserAccess
{
    /// <summary>The account, of a person or a machine.</summary>
    public string UserId { get; set; } = "";

    /// <summary>The project.</summary>
    public string ProjectId { get; set; } = "";

    /// <summary>The project's organization.</summary>
    public string OrganizationId { get; set; } = "";

    /// <summary><c>admin</c>, or <c>viewer</c> and roles on environments of a type, such as <c>development:contributor</c>.</summary>
    public IReadOnlyList<string> Permissions { get; set; } = [];

    /// <summary>When the first of them was given.</summary>
    public DateTimeOffset GrantedAt { get; set; }

    /// <summary>When they last changed.</summary>
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>What the caller may do or read next; a relation that is absent is not available to the caller.</summary>
    [JsonPropertyName("_links")]
    public HalLinks Links { get; set; } = new();
}
