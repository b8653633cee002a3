namespace Postern.Directory.Projects;

/// <summary>A person's roles on a project.</summary>
public sealed class ProjectMember
{
    /// <summary>The project.</summary>
    public required string ProjectId { get; set; }

    /// <summary>The person.</summary>
    public Guid UserId { get; set; }

    /// <summary>Role on the whole project.</summary>
    public ProjectRole Role { get; set; }

    /// <summary>Role on the production environment, or null for none.</summary>
    public EnvironmentRole? ProductionRole { get; set; }

    /// <summary>Role on staging environments, or null for none.</summary>
    public EnvironmentRole? StagingRole { get; set; }

    /// <summary>Role on development environments, or null for none.</summary>
    public EnvironmentRole? DevelopmentRole { get; set; }

    /// <summary>When the roles were given.</summary>
    public DateTimeOffset CreatedAt { get; set; }

    /// <summary>When the roles last changed.</summary>
    public DateTimeOffset UpdatedAt { get; set; }

    /// <summary>The role given for one environment type, without what the project role adds.</summary>
    public EnvironmentRole? RoleOn(EnvironmentType type) => type switch
    {
        EnvironmentType.Production => ProductionRole,
        EnvironmentType.Staging => StagingRole,
        _ => DevelopmentRole,
    };
}
