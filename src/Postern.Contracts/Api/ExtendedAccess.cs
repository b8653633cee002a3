namespace Postern.Contracts.Api;

/// <summary>One grant of a user: an item of <c>GET /users/{id}/extended-access</c>.</summary>
public sealed record ExtendedAccess
{
    /// <summary>Who holds the grant.</summary>
    public string UserId { get; set; } = "";

    /// <summary>The id of the project or organization.</summary>
    public string ResourceId { get; set; } = "";

    /// <summary><c>project</c> or <c>organization</c>.</summary>
    public string ResourceType { get; set; } = "";

    /// <summary>The organization that owns the resource.</summary>
    public string OrganizationId { get; set; } = "";

    /// <summary>Permission names such as <c>admin</c>, <c>viewer</c> or <c>development:contributor</c>.</summary>
    public IReadOnlyList<string> Permissions { get; set; } = [];

    /// <summary>When the grant was first given.</summary>
    public DateTimeOffset? GrantedAt { get; set; }

    /// <summary>When the grant last changed.</summary>
    public DateTimeOffset? UpdatedAt { get; set; }
}
