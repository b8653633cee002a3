namespace Postern.Directory.Projects;

/// <summary>What an environment is for.</summary>
public enum EnvironmentType
{
    /// <summary>Work in progress.</summary>
    Development,

    /// <summary>Rehearsal of production.</summary>
    Staging,

    /// <summary>The real thing; each project has exactly one.</summary>
    Production,
}
