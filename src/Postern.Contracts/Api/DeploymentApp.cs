using System.Text.Json;

namespace Postern.Contracts.Api;

/// <summary>An app of a deployment.</summary>
public sealed record DeploymentApp
{
    /// <summary>The app's name.</summary>
    public string Name { get; init; } = "";

    /// <summary>The runtime and its version, such as <c>php:8.3</c>.</summary>
    public string Type { get; init; } = "";

    /// <summary>The size profile.</summary>
    public string Size { get; init; } = "AUTO";

    /// <summary>Disk in MiB; null when there is none.</summary>
    public long? Disk { get; init; }

    /// <summary>Writable directories by path.</summary>
    public IReadOnlyDictionary<string, DeploymentMount> Mounts { get; init; } = new Dictionary<string, DeploymentMount>();

    /// <summary>The least role per way in, such as <c>ssh: contributor</c>.</summary>
    public IReadOnlyDictionary<string, string> Access { get; init; } = new Dictionary<string, string>();

    /// <summary>Relationships by name, as declared.</summary>
    public IReadOnlyDictionary<string, JsonElement> Relationships { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>What the app offers to others.</summary>
    public IReadOnlyDictionary<string, JsonElement> Endpoints { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Settings of the runtime.</summary>
    public IReadOnlyDictionary<string, JsonElement> Runtime { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>How it serves the web.</summary>
    public IReadOnlyDictionary<string, JsonElement> Web { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Build and deploy commands.</summary>
    public IReadOnlyDictionary<string, JsonElement> Hooks { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Scheduled commands.</summary>
    public IReadOnlyDictionary<string, JsonElement> Crons { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>Commands offered to people.</summary>
    public IReadOnlyDictionary<string, JsonElement> Operations { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>How many instances run.</summary>
    public int InstanceCount { get; init; } = 1;

    /// <summary>The Git tree that was built.</summary>
    public string? TreeId { get; init; }

    /// <summary>Variables of the app.</summary>
    public IReadOnlyDictionary<string, JsonElement> Variables { get; init; } = new Dictionary<string, JsonElement>();
}
