namespace Postern.Directory.Deployments;

/// <summary>
/// A snapshot of one environment as it is deployed: what the targets need to run it and the gateway to route to it.
/// Immutable; a change in the Directory makes a new one.
/// </summary>
public sealed record DeployedEnvironment
{
    /// <summary>Project id, lower-case letters and digits.</summary>
    public required string ProjectId { get; init; }

    /// <summary>Title of the project, for people.</summary>
    public required string ProjectTitle { get; init; }

    /// <summary>56 random characters that stay the same for the life of the project (PLATFORM_PROJECT_ENTROPY).</summary>
    public required string ProjectEntropy { get; init; }

    /// <summary>The environment's id, which is its branch name.</summary>
    public required string Name { get; init; }

    /// <summary>The name in DNS and SSH form (slug, hyphen and hash of the branch name).</summary>
    public required string MachineName { get; init; }

    /// <summary>production, staging or development.</summary>
    public required string Type { get; init; }

    /// <summary>Identifies the deployed tree; changes with each deployment.</summary>
    public required string TreeId { get; init; }

    /// <summary>Apps and workers.</summary>
    public required IReadOnlyList<DeployedApp> Apps { get; init; }

    /// <summary>Services that apps may have relationships to.</summary>
    public required IReadOnlyList<DeployedService> Services { get; init; }

    /// <summary>Routes by URL; the value is the upstream app.</summary>
    public required IReadOnlyDictionary<string, string> Routes { get; init; }

    /// <summary>Project and environment variables that are visible at run time.</summary>
    public required IReadOnlyDictionary<string, string> Variables { get; init; }
}
