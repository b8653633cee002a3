using System.Text.Json;

namespace Postern.Contracts.Api;

/// <summary>An app of a deployment.</summary>
public sealed record DeploymentApp
{
    /// <summary>The app's name.</summary>
    public string Name { get; set; } = "";

    /// <summary>The runtime and its version, such as <c>php:8.3</c>.</summary>
    public string Type { get; set; } = "";

    /// <summary>The size profile.</summary>
    public string Size { get; set; } = "AUTO";

    /// <summary>Disk in MiB; null when there is none.</summary>
    public long? Disk { get; set; }

    /// <summary>Writable directories by path.</summary>
    public IReadOnlyDictionary<string, DeploymentMount> Mounts { get; set; } = new Dictionary<string, DeploymentMount>();

    /// <summary>The least role per way in, such as <c>ssh: contributor</c>.</summary>
    public IReadOnlyDictionary<string, string> Access { get; set; } = new Dictionary<string, string>();

    /// <summary>Relationships by name, as declared.</summary>
    public IReadOnlyDictionary<string, JsonElement> Relationships { get; set; } = new Dictionary<string, JsonElement>();

    /// <summary>What the app offers to others.</summary>
    public IReadOnlyDictionary<string, JsonElement> Endpoints { get; set; } = new Dictionary<string, JsonElement>();

    /// <summary>Settings of the runtime.</summary>
    public IReadOnlyDictionary<string, JsonElement> Runtime { get; set; } = new Dictionary<string, JsonElement>();

    /// <summary>How it serves the web.</summary>
    public IReadOnlyDictionary<string, JsonElement> Web { get; set; } = new Dictionary<string, JsonElement>();

    /// <summary>Build and deploy commands.</summary>
    public IReadOnlyDictionary<string, JsonElement> Hooks { get; set; } = new Dictionary<string, JsonElement>();

    /// <summary>Scheduled commands.</summary>
    public IReadOnlyDictionary<string, JsonElement> Crons { get; set; } = new Dictionary<string, JsonElement>();

    /// <summary>Commands offered to people.</summary>
    public IReadOnlyDictionary<string, JsonElement> Operations { get; set; } = new Dictionary<string, JsonElement>();

    /// <summary>How many instances run.</summary>
    public int InstanceCount { get; set; } = 1;

    /// <summary>The Git tree that was built.</summary>
    public string? TreeId { get; set; }

    /// <summary>Variables of the app.</summary>
    public IReadOnlyDictionary<string, JsonElement> Variables { get; set; } = new Dictionary<string, JsonElement>();
}
