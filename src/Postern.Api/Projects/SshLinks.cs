using Postern.Contracts.Api;
using Postern.Directory.Deployments;
using Postern.Directory.Rules;
using ProjectEnvironment = Postern.Directory.Projects.ProjectEnvironment;

namespace Postern.Api.Projects;

/// <summary>
/// The links by which clients find the SSH addresses of an environment: only those that the caller may use. There is no
/// link <c>ssh</c> for the environment as a whole: clients append the app's name to it even when that app has no link.
/// </summary>
internal static class SshLinks
{
    public static void AddTo(
        HalLinks links, ProjectRequest request, ProjectEnvironment environment, DeployedEnvironment deployed, ApiConfig config)
    {
        foreach (var app in deployed.Apps.Where(app => request.May(AccessAction.Ssh, environment, SshAccess.LeastRole(app.SshAccess))))
        {
            var address = $"ssh://{deployed.ProjectId}-{deployed.MachineName}--{app.QualifiedName}";
            var host = config.SshHost(request.Project.Region);

            links.Add($"pf:ssh:{app.QualifiedName}", $"{address}@{host}");
            for (var instance = 0; app.InstanceCount > 1 && instance < app.InstanceCount; instance++)
            {
                links.Add($"pf:ssh:{app.QualifiedName}:{instance}", $"{address}--{instance}@{host}");
            }
        }
    }
}
