using System.Text.Json;

namespace Postern.Contracts.Api;

/// <summary>The project as a deployment saw it.</summary>
public sealed record DeploymentProject
{
    /// <summary>Settings by name.</summary>
    public IReadOnlyDictionary<string, JsonElement> Settings { get; set; } = new Dictionary<string, JsonElement>();

    /// <summary>Capabilities by name.</summary>
    public IReadOnlyDictionary<string, JsonElement> Capabilities { get; set; } = new Dictionary<string, JsonElement>();
}
