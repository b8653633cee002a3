using System.Text.Json;

namespace Postern.Contracts.Api;

/// <summary>A worker of a deployment.</summary>
public sealed record DeploymentWorker
{
    /// <summary>The qualified name <c>app--worker</c>.</summary>
    public string Name { get; set; } = "";

    /// <summary>The runtime and its version.</summary>
    public string Type { get; set; } = "";

    /// <summary>The size profile.</summary>
    public string Size { get; set; } = "AUTO";

    /// <summary>Disk in MiB; null when there is none.</summary>
    public long? Disk { get; set; }

    /// <summary>Writable directories by path.</summary>
    public IReadOnlyDictionary<string, DeploymentMount> Mounts { get; set; } = new Dictionary<string, DeploymentMount>();

    /// <summary>The least role per way in.</summary>
    public IReadOnlyDictionary<string, string> Access { get; set; } = new Dictionary<string, string>();

    /// <summary>Relationships by name, as declared.</summary>
    public IReadOnlyDictionary<string, JsonElement> Relationships { get; set; } = new Dictionary<string, JsonElement>();

    /// <summary>Settings of the runtime.</summary>
    public IReadOnlyDictionary<string, JsonElement> Runtime { get; set; } = new Dictionary<string, JsonElement>();

    /// <summary>How many instances run.</summary>
    public int InstanceCount { get; set; } = 1;

    /// <summary>Variables of the worker.</summary>
    public IReadOnlyDictionary<string, JsonElement> Variables { get; set; } = new Dictionary<string, JsonElement>();

    /// <summary>What it runs.</summary>
    public WorkerDefinition Worker { get; set; } = new();
}
