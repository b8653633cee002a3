using System.Text.Json;
using System.Text.Json.Serialization;

namespace Postern.Contracts.Api;

/// <summary>What runs in an environment: <c>GET .../deployments/current</c>.</summary>
public sealed record Deployment
{
    /// <summary>The deployment id, or <c>current</c>.</summary>
    public string Id { get; set; } = "";

    /// <summary>The apps by name.</summary>
    public IReadOnlyDictionary<string, DeploymentApp> Webapps { get; set; } = new Dictionary<string, DeploymentApp>();

    /// <summary>The workers by qualified name <c>app--worker</c>.</summary>
    public IReadOnlyDictionary<string, DeploymentWorker> Workers { get; set; } = new Dictionary<string, DeploymentWorker>();

    /// <summary>The services by name.</summary>
    public IReadOnlyDictionary<string, DeploymentService> Services { get; set; } = new Dictionary<string, DeploymentService>();

    /// <summary>The routes by address.</summary>
    public IReadOnlyDictionary<string, JsonElement> Routes { get; set; } = new Dictionary<string, JsonElement>();

    /// <summary>The project's settings at deployment.</summary>
    public DeploymentProject ProjectInfo { get; set; } = new();

    /// <summary>The environment at deployment.</summary>
    public DeploymentEnvironment EnvironmentInfo { get; set; } = new();

    /// <summary>Sizes by profile.</summary>
    public IReadOnlyDictionary<string, JsonElement> ContainerProfiles { get; set; } = new Dictionary<string, JsonElement>();

    /// <summary>Variables visible to the caller.</summary>
    public IReadOnlyList<JsonElement> Variables { get; set; } = [];

    /// <summary>What the caller may do or read next; a relation that is absent is not available to the caller.</summary>
    [JsonPropertyName("_links")]
    public HalLinks Links { get; set; } = new();
}
