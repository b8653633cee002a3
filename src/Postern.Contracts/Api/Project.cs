using System.Text.Json;
using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>A project: <c>GET /projects/{id}</c>.</summary>
public sealed record Project
{
    /// <summary>The project id: lower-case letters and digits.</summary>
    public string Id { get; set; } = "";

    /// <summary>The name people gave it.</summary>
    public string Title { get; set; } = "";

    /// <summary>The region's host name part.</summary>
    public string Region { get; set; } = "";

    /// <summary>The owning organization's id.</summary>
    public string Organization { get; set; } = "";

    /// <summary>Who runs the deployment.</summary>
    public string Vendor { get; set; } = "";

    /// <summary>The user id of the owner.</summary>
    public string Owner { get; set; } = "";

    /// <summary>The environment that <c>-e .</c> means.</summary>
    public string DefaultBranch { get; set; } = "";

    /// <summary>Where its Git repository is.</summary>
    public ProjectRepository Repository { get; set; } = new();

    /// <summary>Whether it may be used.</summary>
    public ProjectSubscription Subscription { get; set; } = new();

    /// <summary>A text or an object, by the age of the server; clients show it and decide nothing by it.</summary>
    public JsonElement? Status { get; set; }

    /// <summary>The name space.</summary>
    public string Namespace { get; set; } = "";

    /// <summary>The time zone of the project's schedule.</summary>
    public string? Timezone { get; set; }

    /// <summary>The main domain; null when there is none.</summary>
    public string? DefaultDomain { get; set; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset? CreatedAt { get; set; }

    /// <summary>When it last changed.</summary>
    public DateTimeOffset? UpdatedAt { get; set; }

    /// <summary>What the caller may do or read next; a relation that is absent is not available to the caller.</summary>
    [JsonPropertyName("_links")]
    public HalLinks Links { get; set; } = new();
}
