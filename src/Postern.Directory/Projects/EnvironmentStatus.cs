namespace Postern.Directory.Projects;

/// <summary>Whether an environment runs.</summary>
public enum EnvironmentStatus
{
    /// <summary>Deployed and running.</summary>
    Active,

    /// <summary>Has code but does not run.</summary>
    Inactive,

    /// <summary>A change is being made to it; it still runs what was deployed before.</summary>
    Dirty,

    /// <summary>Stopped for now.</summary>
    Paused,

    /// <summary>On its way out.</summary>
    Deleting,
}
