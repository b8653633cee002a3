using System.Text.Json;
using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>An environment: an item of <c>GET /projects/{id}/environments</c>.</summary>
public sealed record ProjectEnvironment
{
    /// <summary>The id, equal to the branch.</summary>
    public string Id { get; set; } = "";

    /// <summary>The branch.</summary>
    public string Name { get; set; } = "";

    /// <summary>The name in host and user names: slug and hash of the branch.</summary>
    public string MachineName { get; set; } = "";

    /// <summary>The name people gave it.</summary>
    public string Title { get; set; } = "";

    /// <summary><c>production</c>, <c>staging</c> or <c>development</c>.</summary>
    public string Type { get; set; } = "";

    /// <summary><c>active</c>, <c>inactive</c>, <c>dirty</c>, <c>paused</c> or <c>deleting</c>.</summary>
    public string Status { get; set; } = "";

    /// <summary>The parent's id; null at the root.</summary>
    public string? Parent { get; set; }

    /// <summary>The project id.</summary>
    public string Project { get; set; } = "";

    /// <summary>True for the main environment.</summary>
    public bool IsMain { get; set; }

    /// <summary>True while a deployment runs.</summary>
    public bool IsDirty { get; set; }

    /// <summary>True when there is a commit.</summary>
    public bool HasCode { get; set; }

    /// <summary>True when it was deployed.</summary>
    public bool HasDeployment { get; set; }

    /// <summary>The commit that is deployed.</summary>
    public string? HeadCommit { get; set; }

    /// <summary>The host name its routes resolve to.</summary>
    public string? EdgeHostname { get; set; }

    /// <summary>Where it runs.</summary>
    public string DeploymentTarget { get; set; } = "local";

    /// <summary>True when it may send mail.</summary>
    public bool EnableSmtp { get; set; }

    /// <summary>True when search engines are told to stay away.</summary>
    public bool RestrictRobots { get; set; }

    /// <summary>Who may see its web sites.</summary>
    public JsonElement? HttpAccess { get; set; }

    /// <summary>The last deployment.</summary>
    public DeploymentState DeploymentState { get; set; } = new();

    /// <summary>When it was made.</summary>
    public DateTimeOffset? CreatedAt { get; set; }

    /// <summary>When it last changed.</summary>
    public DateTimeOffset? UpdatedAt { get; set; }

    /// <summary>When it was last active.</summary>
    public DateTimeOffset? LastActiveAt { get; set; }

    /// <summary>When it was last backed up.</summary>
    public DateTimeOffset? LastBackupAt { get; set; }

    /// <summary>True when it stands for a pull request.</summary>
    public bool IsPr { get; set; }

    /// <summary>The main domain; null when there is none.</summary>
    public string? DefaultDomain { get; set; }

    /// <summary>True when it starts with its parent's data.</summary>
    public bool CloneParentOnCreate { get; set; }

    /// <summary>Free attributes.</summary>
    public IReadOnlyDictionary<string, JsonElement> Attributes { get; set; } = new Dictionary<string, JsonElement>();

    /// <summary><c>self</c>, <c>ssh</c>, <c>pf:ssh:APP[:N]</c>, <c>pf:ssh:APP--WORKER</c>, <c>pf:routes</c> and operations. No SSH link means no SSH for the caller.</summary>
    [JsonPropertyName("_links")]
    public HalLinks Links { get; set; } = new();
}
