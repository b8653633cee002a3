namespace Postern.Contracts.Api;

/// <summary>What a list shows of a project: a value of <c>GET /ref/projects?in=</c>.</summary>
public sealed record ProjectReference
{
    /// <summary>The project id.</summary>
    public string Id { get; init; } = "";

    /// <summary>The region's host name part.</summary>
    public string Region { get; init; } = "";

    /// <summary>The name people gave it.</summary>
    public string Title { get; init; } = "";

    /// <summary><c>active</c> or <c>suspended</c>.</summary>
    public string Status { get; init; } = "";

    /// <summary>The owning organization.</summary>
    public string OrganizationId { get; init; } = "";

    /// <summary>The subscription; null where nothing is billed.</summary>
    public string? SubscriptionId { get; init; }

    /// <summary>Who runs the deployment.</summary>
    public string Vendor { get; init; } = "";

    /// <summary>When the project was made.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When the project last changed.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }
}
