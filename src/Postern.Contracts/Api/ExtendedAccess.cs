namespace Postern.Contracts.Api;

/// <summary>One grant of a user: an item of <c>GET /users/{id}/extended-access</c>.</summary>
public sealed record ExtendedAccess
{
    /// <summary>Who holds the grant.</summary>
    public string UserId { get; init; } = "";

    /// <summary>The id of the project or organization.</summary>
    public string ResourceId { get; init; } = "";

    /// <summary><c>project</c> or <c>organization</c>.</summary>
    public string ResourceType { get; init; } = "";

    /// <summary>The organization that owns the resource.</summary>
    public string OrganizationId { get; init; } = "";

    /// <summary>Permission names such as <c>admin</c>, <c>viewer</c> or <c>development:contributor</c>.</summary>
    public IReadOnlyList<string> Permissions { get; init; } = [];

    /// <summary>When the grant was first given.</summary>
    public DateTimeOffset? GrantedAt { get; init; }

    /// <summary>When the grant last changed.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }
}
