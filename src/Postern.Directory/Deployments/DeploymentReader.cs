using Postern.Directory.Projects;

namespace Postern.Directory.Deployments;

/// <summary>Puts the snapshot of an environment together from its rows.</summary>
public static class DeploymentReader
{
    /// <summary>The snapshot, or null when nothing was ever deployed.</summary>
    /// <exception cref="System.Text.Json.JsonException">The deployment column is damaged.</exception>
    public static DeployedEnvironment? Read(Project project, ProjectEnvironment environment)
    {
        if (environment.Deployment is null)
        {
            return null;
        }

        var content = DeploymentContent.FromJson(environment.Deployment);
        return new DeployedEnvironment
        {
            ProjectId = project.Id,
            ProjectTitle = project.Title,
            ProjectEntropy = project.Entropy,
            Name = environment.Name,
            MachineName = environment.MachineName,
            Type = environment.Type.ToString().ToLowerInvariant(),
            TreeId = environment.TreeId ?? "",
            Apps = content.Apps,
            Services = content.Services,
            Routes = content.Routes,
            Variables = content.Variables,
        };
    }
}
