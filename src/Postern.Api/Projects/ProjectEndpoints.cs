using Microsoft.EntityFrameworkCore;
using Postern.Api.Answers;
using Postern.Directory.Storage;
using Json = Postern.Contracts.Api;

namespace Postern.Api.Projects;

/// <summary>Projects.</summary>
internal static class ProjectEndpoints
{
    public static void Map(IEndpointRouteBuilder api) => api.MapGet("/projects/{projectId}", ShowAsync);

    private static async Task<IResult> ShowAsync(
        HttpContext http, string projectId, IDbContextFactory<DirectoryContext> contexts, ApiConfig config)
    {
        await using var context = await contexts.CreateDbContextAsync(http.RequestAborted);
        var (request, refusal) = await ProjectRequest.OpenAsync(http, context, projectId);
        if (request is null)
        {
            return refusal!;
        }

        var environments = await context.Environments.CountAsync(e => e.ProjectId == projectId, http.RequestAborted);
        return Answer.Ok(Resource(request, environments, config), Json.ApiJsonContext.Default.Project);
    }

    private static Json.Project Resource(ProjectRequest request, int environments, ApiConfig config)
    {
        var project = request.Project;
        var links = new Json.HalLinks();
        links.Add("self", $"/projects/{project.Id}");
        links.Add("environments", $"/projects/{project.Id}/environments");
        links.Add("user-access", $"/projects/{project.Id}/user-access");
        return new Json.Project
        {
            Id = project.Id,
            Title = project.Title,
            Region = project.Region,
            Organization = project.OrganizationId,
            Owner = request.OwnerId.ToString(),
            DefaultBranch = project.DefaultBranch,
            Repository = new Json.ProjectRepository { Url = $"{project.Id}@{config.GitHost(project.Region)}:{project.Id}.git" },
            Subscription = new Json.ProjectSubscription { Suspended = request.Access.IsSuspended, Environments = environments },
            CreatedAt = project.CreatedAt,
            UpdatedAt = project.UpdatedAt,
            Links = links,
        };
    }
}
