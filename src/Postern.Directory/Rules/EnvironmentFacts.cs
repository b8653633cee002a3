using Postern.Directory.Projects;

namespace Postern.Directory.Rules;

/// <summary>What the rules need to know about an environment.</summary>
/// <param name="Type">What it is for.</param>
/// <param name="Status">Whether it runs.</param>
/// <param name="IsDeployed">True when something was ever deployed in it.</param>
public readonly record struct EnvironmentFacts(EnvironmentType Type, EnvironmentStatus Status, bool IsDeployed)
{
    /// <summary>True when there is something to enter. A dirty environment still runs what was deployed before.</summary>
    public bool IsRunning => IsDeployed && Status is (EnvironmentStatus.Active or EnvironmentStatus.Dirty);
}
