using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>A person's place in an organization: an item of <c>GET /organizations/{id}/members</c>.</summary>
public sealed record OrganizationMember
{
    /// <summary>The user id, which is the member's id too.</summary>
    public string Id { get; set; } = "";

    /// <summary>The user id.</summary>
    public string UserId { get; set; } = "";

    /// <summary>The organization.</summary>
    public string OrganizationId { get; set; } = "";

    /// <summary>What the person is: <c>owner</c>, <c>admin</c> or <c>member</c>.</summary>
    public IReadOnlyList<string> Permissions { get; set; } = [];

    /// <summary>Whether the person is an owner.</summary>
    public bool Owner { get; set; }

    /// <summary>Whether the account is a machine's.</summary>
    public bool Machine { get; set; }

    /// <summary>Whether a second factor is enrolled; only for who looks after the organization.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? MfaEnabled { get; set; }

    /// <summary>When the person joined.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When the role last changed.</summary>
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>What the caller may do or read next; a relation that is absent is not available to the caller.</summary>
    [JsonPropertyName("_links")]
    public HalLinks Links { get; set; } = new();
}
