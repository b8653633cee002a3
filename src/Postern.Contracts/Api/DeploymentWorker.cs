using System.Text.Json;

namespace Postern.Contracts.Api;

/// <summary>A worker of a deployment.</summary>
public sealed record DeploymentWorker
{
    /// <summary>The qualified name <c>app--worker</c>.</summary>
    public string Name { get; init; } = "";

    /// <summary>The runtime and its version.</summary>
    public string Type { get; init; } = "";

    /// <summary>The size profile.</summary>
    public string Size { get; init; } = "AUTO";

    /// <summary>Disk in MiB; null when there is none.</summary>
    public long? Disk { get; init; }

    /// <summary>Writable directories by path.</summary>
    public IReadOnlyDictionary<string, DeploymentMount> Mounts { get; init; } = new Dictionary<string, DeploymentMount>();

    /// <summary>The least role per way in.</summary>
    public IReadOnlyDictionary<string, string> Access { get; init; } = new Dictionary<string, string>();

    /// <summary>Relationships by name, as declared.</summary>
    public IReadOnlyDictionary<string, JsonElement> Relationships { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Settings of the runtime.</summary>
    public IReadOnlyDictionary<string, JsonElement> Runtime { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>How many instances run.</summary>
    public int InstanceCount { get; init; } = 1;

    /// <summary>Variables of the worker.</summary>
    public IReadOnlyDictionary<string, JsonElement> Variables { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>What it runs.</summary>
    public WorkerDefinition Worker { get; init; } = new();
}
