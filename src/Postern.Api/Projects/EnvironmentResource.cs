using Postern.Directory.Deployments;
using Postern.Directory.Projects;
using Json = Postern.Contracts.Api;

namespace Postern.Api.Projects;

/// <summary>An environment as JSON.</summary>
internal static class EnvironmentResource
{
    public static Json.ProjectEnvironment Of(ProjectRequest request, ProjectEnvironment environment, ApiConfig config)
    {
        var project = request.Project;
        var isMain = environment.Name == project.DefaultBranch;
        var edge = config.EdgeHost(project.Id, environment.MachineName, project.Region);
        return new Json.ProjectEnvironment
        {
            Id = environment.Name,
            Name = environment.Name,
            MachineName = environment.MachineName,
            Title = environment.Title,
            Type = NameOf(environment.Type),
            Status = NameOf(environment.Status),
            Parent = environment.Parent,
            Project = project.Id,
            IsMain = isMain,
            IsDirty = environment.Status == EnvironmentStatus.Dirty,
            HasCode = environment.TreeId is not null,
            HasDeployment = environment.Deployment is not null,
            EdgeHostname = edge,
            DeploymentState = new Json.DeploymentState
            {
                LastDeploymentAt = environment.DeployedAt,
                LastDeploymentSuccessful = environment.Deployment is not null,
            },
            CreatedAt = environment.CreatedAt,
            UpdatedAt = environment.UpdatedAt,
            LastActiveAt = environment.DeployedAt,
            Links = Links(request, environment, edge, config),
        };
    }

    public static string PathOf(Project project, ProjectEnvironment environment) =>
        $"/projects/{project.Id}/environments/{Uri.EscapeDataString(environment.Name)}";

    public static string NameOf<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();

    private static Json.HalLinks Links(ProjectRequest request, ProjectEnvironment environment, string edge, ApiConfig config)
    {
        var links = new Json.HalLinks();
        links.Add("self", PathOf(request.Project, environment));
        if (DeploymentReader.Read(request.Project, environment) is not { } deployed)
        {
            return links;
        }

        var routes = deployed.Routes.Keys.Select(url => url.Replace("{default}", edge, StringComparison.Ordinal)).ToList();
        if (routes.Count > 0)
        {
            links.Add("public-url", routes[0]);
        }

        links.AddArray("pf:routes", routes.Select(url => new Json.HalLink(url)));
        SshLinks.AddTo(links, request, environment, deployed, config);
        return links;
    }
}
