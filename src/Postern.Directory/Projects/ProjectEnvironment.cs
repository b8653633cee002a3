namespace Postern.Directory.Projects;

/// <summary>A branch of a project and what is deployed of it.</summary>
public sealed class ProjectEnvironment
{
    /// <summary>The project.</summary>
    public required string ProjectId { get; set; }

    /// <summary>Id within the project: the exact branch name.</summary>
    public required string Name { get; set; }

    /// <summary>The name in DNS and SSH form; see <see cref="Projects.MachineName"/>.</summary>
    public required string MachineName { get; set; }

    /// <summary>Name for people.</summary>
    public required string Title { get; set; }

    /// <summary>What it is for.</summary>
    public EnvironmentType Type { get; set; }

    /// <summary>Whether it runs.</summary>
    public EnvironmentStatus Status { get; set; }

    /// <summary>Name of the environment it was branched from, or null at the root.</summary>
    public string? Parent { get; set; }

    /// <summary>What is deployed, as JSON of <see cref="Deployments.DeploymentContent"/>, or null when nothing ever was.</summary>
    public string? Deployment { get; set; }

    /// <summary>Identifies the deployed tree, or null when nothing ever was.</summary>
    public string? TreeId { get; set; }

    /// <summary>When the deployment was made, or null when nothing ever was.</summary>
    public DateTimeOffset? DeployedAt { get; set; }

    /// <summary>When the environment was made.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When it last changed.</summary>
    public DateTimeOffset UpdatedAt { get; set; }
}
