using System.Text.Json;

namespace Postern.Contracts.Api;

/// <summary>A service of a deployment.</summary>
public sealed record DeploymentService
{
    /// <summary>The service and its version, such as <c>postgresql:15</c>.</summary>
    public string Type { get; set; } = "";

    /// <summary>The size profile.</summary>
    public string Size { get; set; } = "AUTO";

    /// <summary>Disk in MiB; null when there is none.</summary>
    public long? Disk { get; set; }

    /// <summary>The least role per way in.</summary>
    public IReadOnlyDictionary<string, string> Access { get; set; } = new Dictionary<string, string>();

    /// <summary>The service's own settings.</summary>
    public IReadOnlyDictionary<string, JsonElement> Configuration { get; set; } = new Dictionary<string, JsonElement>();

    /// <summary>Relationships by name.</summary>
    public IReadOnlyDictionary<string, JsonElement> Relationships { get; set; } = new Dictionary<string, JsonElement>();
}
