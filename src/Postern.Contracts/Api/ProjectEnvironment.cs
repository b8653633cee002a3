using System.Text.Json;
using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>An environment: an item of <c>GET /projects/{id}/environments</c>.</summary>
public sealed record ProjectEnvironment
{
    /// <summary>The id, equal to the branch.</summary>
    public string Id { get; init; } = "";

    /// <summary>The branch.</summary>
    public string Name { get; init; } = "";

    /// <summary>The name in host and user names: slug and hash of the branch.</summary>
    public string MachineName { get; init; } = "";

    /// <summary>The name people gave it.</summary>
    public string Title { get; init; } = "";

    /// <summary><c>production</c>, <c>staging</c> or <c>development</c>.</summary>
    public string Type { get; init; } = "";

    /// <summary><c>active</c>, <c>inactive</c>, <c>dirty</c>, <c>paused</c> or <c>deleting</c>.</summary>
    public string Status { get; init; } = "";

    /// <summary>The parent's id; null at the root.</summary>
    public string? Parent { get; init; }

    /// <summary>The project id.</summary>
    public string Project { get; init; } = "";

    /// <summary>True for the main environment.</summary>
    public bool IsMain { get; init; }

    /// <summary>True while a deployment runs.</summary>
    public bool IsDirty { get; init; }

    /// <summary>True when there is a commit.</summary>
    public bool HasCode { get; init; }

    /// <summary>True when it was deployed.</summary>
    public bool HasDeployment { get; init; }

    /// <summary>The commit that is deployed.</summary>
    public string? HeadCommit { get; init; }

    /// <summary>The host name its routes resolve to.</summary>
    public string? EdgeHostname { get; init; }

    /// <summary>Where it runs.</summary>
    public string DeploymentTarget { get; init; } = "local";

    /// <summary>True when it may send mail.</summary>
    public bool EnableSmtp { get; init; }

    /// <summary>True when search engines are told to stay away.</summary>
    public bool RestrictRobots { get; init; }

    /// <summary>Who may see its web sites.</summary>
    public JsonElement? HttpAccess { get; init; }

    /// <summary>The last deployment.</summary>
    public DeploymentState DeploymentState { get; init; } = new();

    /// <summary>When it was made.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When it last changed.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>When it was last active.</summary>
    public DateTimeOffset? LastActiveAt { get; init; }

    /// <summary>When it was last backed up.</summary>
    public DateTimeOffset? LastBackupAt { get; init; }

    /// <summary>True when it stands for a pull request.</summary>
    public bool IsPr { get; init; }

    /// <summary>The main domain; null when there is none.</summary>
    public string? DefaultDomain { get; init; }

    /// <summary>True when it starts with its parent's data.</summary>
    public bool CloneParentOnCreate { get; init; }

    /// <summary>Free attributes.</summary>
    public IReadOnlyDictionary<string, JsonElement> Attributes { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary><c>self</c>, <c>ssh</c>, <c>pf:ssh:APP[:N]</c>, <c>pf:ssh:APP--WORKER</c>, <c>pf:routes</c> and operations. No SSH link means no SSH for the caller.</summary>
    [JsonPropertyName("_links")]
    public HalLinks Links { get; init; } = new();
}
