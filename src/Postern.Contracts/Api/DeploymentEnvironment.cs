using System.Text.Json;

namespace Postern.Contracts.Api;

/// <summary>The environment as a deployment saw it.</summary>
public sealed record DeploymentEnvironment
{
    /// <summary>The branch.</summary>
    public string Name { get; set; } = "";

    /// <summary>The machine name.</summary>
    public string MachineName { get; set; } = "";

    /// <summary><c>production</c>, <c>staging</c> or <c>development</c>.</summary>
    public string EnvironmentType { get; set; } = "";

    /// <summary>True for the main environment.</summary>
    public bool IsMain { get; set; }

    /// <summary>True for production.</summary>
    public bool IsProduction { get; set; }

    /// <summary>The status.</summary>
    public string Status { get; set; } = "";

    /// <summary>Addresses by relation.</summary>
    public IReadOnlyDictionary<string, JsonElement> Links { get; set; } = new Dictionary<string, JsonElement>();
}
