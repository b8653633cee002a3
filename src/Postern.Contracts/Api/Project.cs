using System.Text.Json;
using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>A project: <c>GET /projects/{id}</c>.</summary>
public sealed record Project
{
    /// <summary>The project id: lower-case letters and digits.</summary>
    public string Id { get; init; } = "";

    /// <summary>The name people gave it.</summary>
    public string Title { get; init; } = "";

    /// <summary>The region's host name part.</summary>
    public string Region { get; init; } = "";

    /// <summary>The owning organization's id.</summary>
    public string Organization { get; init; } = "";

    /// <summary>Who runs the deployment.</summary>
    public string Vendor { get; init; } = "";

    /// <summary>The user id of the owner.</summary>
    public string Owner { get; init; } = "";

    /// <summary>The environment that <c>-e .</c> means.</summary>
    public string DefaultBranch { get; init; } = "";

    /// <summary>Where its Git repository is.</summary>
    public ProjectRepository Repository { get; init; } = new();

    /// <summary>Whether it may be used.</summary>
    public ProjectSubscription Subscription { get; init; } = new();

    /// <summary>A text or an object, by the age of the server; clients show it and decide nothing by it.</summary>
    public JsonElement? Status { get; init; }

    /// <summary>The name space.</summary>
    public string Namespace { get; init; } = "";

    /// <summary>The time zone of the project's schedule.</summary>
    public string? Timezone { get; init; }

    /// <summary>The main domain; null when there is none.</summary>
    public string? DefaultDomain { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When it last changed.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>What the caller may do or read next; a relation that is absent is not available to the caller.</summary>
    [JsonPropertyName("_links")]
    public HalLinks Links { get; init; } = new();
}
