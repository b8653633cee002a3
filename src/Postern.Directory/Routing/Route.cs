using Postern.Directory.Deployments;
using Postern.Directory.Rules;

namespace Postern.Directory.Routing;

/// <summary>Where an SSH user name leads, as it stands now.</summary>
/// <param name="ProjectId">The project.</param>
/// <param name="OrganizationId">Its organization.</param>
/// <param name="EnvironmentName">Id of the environment, which is its branch.</param>
/// <param name="Facts">What the rules need to know about it.</param>
/// <param name="Deployment">What is deployed, or null when nothing ever was.</param>
public sealed record Route(
    string ProjectId,
    string OrganizationId,
    string EnvironmentName,
    EnvironmentFacts Facts,
    DeployedEnvironment? Deployment);
