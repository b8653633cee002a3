using System.Text.Json;

namespace Postern.Directory.Deployments;

/// <summary>What is deployed in an environment, as it is stored in one column.</summary>
public sealed record DeploymentContent
{
    /// <summary>Apps and workers.</summary>
    public required IReadOnlyList<DeployedApp> Apps { get; init; }

    /// <summary>Services that apps may have relationships to.</summary>
    public required IReadOnlyList<DeployedService> Services { get; init; }

    /// <summary>Routes by URL; the value is the upstream app.</summary>
    public required IReadOnlyDictionary<string, string> Routes { get; init; }

    /// <summary>Variables that all apps of the environment see.</summary>
    public required IReadOnlyDictionary<string, string> Variables { get; init; }

    /// <summary>The stored form.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, DeploymentJsonContext.Default.DeploymentContent);

    /// <summary>Reads the stored form.</summary>
    /// <exception cref="JsonException">The column does not hold what <see cref="ToJson"/> writes.</exception>
    public static DeploymentContent FromJson(string json) =>
        JsonSerializer.Deserialize(json, DeploymentJsonContext.Default.DeploymentContent)
        ?? throw new JsonException("the deployment is null");
}
