using System.Text.Json;
using Postern.Directory.Deployments;
using Postern.Directory.Projects;
using Json = Postern.Contracts.Api;

namespace Postern.Api.Projects;

/// <summary>
/// A deployment as JSON. Values of variables are not in it: they may be secrets, and whoever may read them can do so
/// inside the app.
/// </summary>
internal static class DeploymentResource
{
    public static Json.Deployment Of(
        ProjectRequest request, ProjectEnvironment environment, DeployedEnvironment deployed, ApiConfig config)
    {
        var links = new Json.HalLinks();
        links.Add("self", EnvironmentResource.PathOf(request.Project, environment) + "/deployments/current");
        var edge = config.EdgeHost(deployed.ProjectId, deployed.MachineName, request.Project.Region);
        return new Json.Deployment
        {
            Id = "current",
            Webapps = deployed.Apps.Where(a => a.Worker is null).ToDictionary(a => a.Name, a => App(a, deployed)),
            Workers = deployed.Apps.Where(a => a.Worker is not null).ToDictionary(a => a.QualifiedName, Worker),
            Services = deployed.Services.ToDictionary(s => s.Name, s => new Json.DeploymentService { Type = s.Type }),
            Routes = deployed.Routes.ToDictionary(r => r.Key.Replace("{default}", edge, StringComparison.Ordinal), r => Route(r.Key, r.Value)),
            EnvironmentInfo = new Json.DeploymentEnvironment
            {
                Name = deployed.Name,
                MachineName = deployed.MachineName,
                EnvironmentType = deployed.Type,
                IsMain = deployed.Name == request.Project.DefaultBranch,
                IsProduction = environment.Type == EnvironmentType.Production,
                Status = EnvironmentResource.NameOf(environment.Status),
            },
            Links = links,
        };
    }

    private static Json.DeploymentApp App(DeployedApp app, DeployedEnvironment deployed) => new()
    {
        Name = app.Name,
        Type = app.Type,
        Mounts = Mounts(app),
        Access = new Dictionary<string, string> { ["ssh"] = app.SshAccess },
        Relationships = Relationships(app),
        InstanceCount = app.InstanceCount,
        TreeId = deployed.TreeId,
    };

    private static Json.DeploymentWorker Worker(DeployedApp app) => new()
    {
        Name = app.QualifiedName,
        Type = app.Type,
        Mounts = Mounts(app),
        Access = new Dictionary<string, string> { ["ssh"] = app.SshAccess },
        Relationships = Relationships(app),
        InstanceCount = app.InstanceCount,
        Worker = new Json.WorkerDefinition { Commands = new Dictionary<string, string> { ["start"] = app.StartCommand ?? "" } },
    };

    private static Dictionary<string, Json.DeploymentMount> Mounts(DeployedApp app) =>
        app.Mounts.ToDictionary(path => path, path => new Json.DeploymentMount { SourcePath = path });

    private static Dictionary<string, JsonElement> Relationships(DeployedApp app) => app.Relationships.ToDictionary(
        r => r.Key, r => JsonSerializer.SerializeToElement($"{r.Value.Service}:{r.Value.Endpoint}", Json.ApiJsonContext.Default.String));

    private static JsonElement Route(string url, string app) => JsonSerializer.SerializeToElement(
        new Dictionary<string, string> { ["type"] = "upstream", ["upstream"] = $"{app}:http", ["original_url"] = url },
        Json.ApiJsonContext.Default.DictionaryStringString);
}
