using System.Text.Json;

namespace Postern.Contracts.Api;

/// <summary>The environment as a deployment saw it.</summary>
public sealed record DeploymentEnvironment
{
    /// <summary>The branch.</summary>
    public string Name { get; init; } = "";

    /// <summary>The machine name.</summary>
    public string MachineName { get; init; } = "";

    /// <summary><c>production</c>, <c>staging</c> or <c>development</c>.</summary>
    public string EnvironmentType { get; init; } = "";

    /// <summary>True for the main environment.</summary>
    public bool IsMain { get; init; }

    /// <summary>True for production.</summary>
    public bool IsProduction { get; init; }

    /// <summary>The status.</summary>
    public string Status { get; init; } = "";

    /// <summary>Addresses by relation.</summary>
    public IReadOnlyDictionary<string, JsonElement> Links { get; init; } = new Dictionary<string, JsonElement>();
}
