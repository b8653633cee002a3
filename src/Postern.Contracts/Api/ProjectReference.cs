namespace Postern.Contracts.Api;

/// <summary>What a list shows of a project: a value of <c>GET /ref/projects?in=</c>.</summary>
public sealed record ProjectReference
{
    /// <summary>The project id.</summary>
    public string Id { get; set; } = "";

    /// <summary>The region's host name part.</summary>
    public string Region { get; set; } = "";

    /// <summary>The name people gave it.</summary>
    public string Title { get; set; } = "";

    /// <summary><c>active</c> or <c>suspended</c>.</summary>
    public string Status { get; set; } = "";

    /// <summary>The owning organization.</summary>
    public string OrganizationId { get; set; } = "";

    /// <summary>The subscription; null where nothing is billed.</summary>
    public string? SubscriptionId { get; set; }

    /// <summary>Who runs the deployment.</summary>
    public string Vendor { get; set; } = "";

    /// <summary>When the project was made.</summary>
    public DateTimeOffset? CreatedAt { get; set; }

    /// <summary>When the project last changed.</summary>
    public DateTimeOffset? UpdatedAt { get; set; }
}
