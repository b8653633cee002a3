using Microsoft.EntityFrameworkCore;
using Postern.Api.Answers;
using Postern.Directory.Deployments;
using Postern.Directory.Projects;
using Postern.Directory.Rules;
using Postern.Directory.Storage;
using Json = Postern.Contracts.Api;

namespace Postern.Api.Projects;

/// <summary>Environments of a project and what is deployed in them.</summary>
internal static class EnvironmentEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/projects/{projectId}/environments", ListAsync);
        api.MapGet("/projects/{projectId}/environments/{environmentId}", ShowAsync);
        api.MapGet("/projects/{projectId}/environments/{environmentId}/deployments", ListDeploymentsAsync);
        api.MapGet("/projects/{projectId}/environments/{environmentId}/deployments/current", ShowDeploymentAsync);
    }

    private static async Task<IResult> ListAsync(
        HttpContext http, string projectId, IDbContextFactory<DirectoryContext> contexts, ApiConfig config)
    {
        await using var context = await contexts.CreateDbContextAsync(http.RequestAborted);
        var (request, refusal) = await ProjectRequest.OpenAsync(http, context, projectId);
        if (request is null)
        {
            return refusal!;
        }

        var environments = await context.Environments.AsNoTracking()
            .Where(e => e.ProjectId == projectId).OrderBy(e => e.Name).ToListAsync(http.RequestAborted);
        IReadOnlyList<Json.ProjectEnvironment> resources =
        [
            .. environments.Where(e => request.May(AccessAction.View, e)).Select(e => EnvironmentResource.Of(request, e, config)),
        ];
        return Answer.Ok(resources, Json.ApiJsonContext.Default.IReadOnlyListProjectEnvironment);
    }

    private static async Task<IResult> ShowAsync(
        HttpContext http, string projectId, string environmentId, IDbContextFactory<DirectoryContext> contexts, ApiConfig config)
    {
        var (request, environment, refusal) = await OpenAsync(http, projectId, environmentId, contexts);
        return environment is null
            ? refusal!
            : Answer.Ok(EnvironmentResource.Of(request!, environment, config), Json.ApiJsonContext.Default.ProjectEnvironment);
    }

    private static async Task<IResult> ShowDeploymentAsync(
        HttpContext http, string projectId, string environmentId, IDbContextFactory<DirectoryContext> contexts, ApiConfig config)
    {
        var (request, environment, refusal) = await OpenAsync(http, projectId, environmentId, contexts);
        if (environment is null)
        {
            return refusal!;
        }

        return DeploymentReader.Read(request!.Project, environment) is { } deployed
            ? Answer.Ok(DeploymentResource.Of(request, environment, deployed, config), Json.ApiJsonContext.Default.Deployment)
            : Answer.NotFound();
    }

    private static async Task<IResult> ListDeploymentsAsync(
        HttpContext http, string projectId, string environmentId, IDbContextFactory<DirectoryContext> contexts, ApiConfig config)
    {
        var (request, environment, refusal) = await OpenAsync(http, projectId, environmentId, contexts);
        if (environment is null)
        {
            return refusal!;
        }

        IReadOnlyList<Json.Deployment> deployments = DeploymentReader.Read(request!.Project, environment) is { } deployed
            ? [DeploymentResource.Of(request, environment, deployed, config)]
            : [];
        return Answer.Ok(deployments, Json.ApiJsonContext.Default.IReadOnlyListDeployment);
    }

    private static async Task<(ProjectRequest? Request, ProjectEnvironment? Environment, IResult? Refusal)> OpenAsync(
        HttpContext http, string projectId, string environmentId, IDbContextFactory<DirectoryContext> contexts)
    {
        await using var context = await contexts.CreateDbContextAsync(http.RequestAborted);
        var (request, refusal) = await ProjectRequest.OpenAsync(http, context, projectId);
        if (request is null)
        {
            return (null, null, refusal);
        }

        // Routing leaves an encoded slash as it is, and branches have slashes in them.
        var name = environmentId.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        var environment = await context.Environments.AsNoTracking()
            .SingleOrDefaultAsync(e => e.ProjectId == projectId && e.Name == name, http.RequestAborted);
        return environment is not null && request.May(AccessAction.View, environment)
            ? (request, environment, null)
            : (request, null, Answer.NotFound());
    }
}
