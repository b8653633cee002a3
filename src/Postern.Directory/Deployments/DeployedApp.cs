namespace Postern.Directory.Deployments;

/// <summary>An app, or a worker of an app, in a deployed environment.</summary>
public sealed record DeployedApp
{
    /// <summary>The app's name; for a worker the name of its app.</summary>
    public required string Name { get; init; }

    /// <summary>The worker's own name, or null for the app itself.</summary>
    public string? Worker { get; init; }

    /// <summary><c>app</c> or <c>app--worker</c>, as it stands in SSH user names.</summary>
    public string QualifiedName => Worker is null ? Name : $"{Name}--{Worker}";

    /// <summary>Runtime and version, such as <c>php:8.3</c>.</summary>
    public required string Type { get; init; }

    /// <summary>Folder on this machine that holds the app's code, or null for an empty app.</summary>
    public string? Source { get; init; }

    /// <summary>The command that the app runs when it is deployed, or null.</summary>
    public string? StartCommand { get; init; }

    /// <summary>How many instances run, at least 1.</summary>
    public required int InstanceCount { get; init; }

    /// <summary>Minimum role on the environment type for SSH: admin, contributor or viewer.</summary>
    public required string SshAccess { get; init; }

    /// <summary>Relationship name to service.</summary>
    public required IReadOnlyDictionary<string, DeployedRelationship> Relationships { get; init; }

    /// <summary>Writable folders, relative to /app.</summary>
    public required IReadOnlyList<string> Mounts { get; init; }

    /// <summary>The app's own variables; names with <c>env:</c> in front become plain environment variables.</summary>
    public required IReadOnlyDictionary<string, string> Variables { get; init; }
}
