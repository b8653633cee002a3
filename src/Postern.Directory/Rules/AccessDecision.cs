using Postern.Directory.Projects;

namespace Postern.Directory.Rules;

/// <summary>An answer of <see cref="AccessRules"/>.</summary>
/// <param name="Reason">Why.</param>
/// <param name="Role">The person's role on the environment with everything taken together; null for none.</param>
public readonly record struct AccessDecision(AccessReason Reason, EnvironmentRole? Role)
{
    /// <summary>True when it may be done.</summary>
    public bool IsAllowed => Reason == AccessReason.Allowed;
}
