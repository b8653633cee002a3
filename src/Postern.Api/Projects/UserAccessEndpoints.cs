using Microsoft.EntityFrameworkCore;
using Postern.Api.Answers;
using Postern.Contracts.Api;
using Postern.Directory.Organizations;
using Postern.Directory.Projects;
using Postern.Directory.Storage;
using ProjectMember = Postern.Directory.Projects.ProjectMember;

namespace Postern.Api.Projects;

/// <summary>Who has roles on a project, people and machine users.</summary>
internal static class UserAccessEndpoints
{
    private const string Wanted =
        "'permissions' must be [\"admin\"], or \"viewer\" with at most one of admin, contributor and viewer for each type, such as \"development:contributor\".";

    public static void Map(IEndpointRouteBuilder api)
    {
        const string path = "/projects/{projectId}/user-access";
        api.MapGet(path, ListAsync);
        api.MapPost(path, GrantAsync).RequireRecentSignIn();
        api.MapGet(path + "/{userId:guid}", ShowAsync);
        api.MapPatch(path + "/{userId:guid}", ChangeAsync).RequireRecentSignIn();
        api.MapDelete(path + "/{userId:guid}", RemoveAsync).RequireRecentSignIn();
    }

    private static async Task<IResult> ListAsync(
        HttpContext http, string projectId, IDbContextFactory<DirectoryContext> contexts, ProjectRoles roles)
    {
        var (request, refusal) = await OpenAsync(http, projectId, contexts);
        if (request is null)
        {
            return refusal!;
        }

        var (part, path) = (PageQuery.Of(http), $"/projects/{projectId}/user-access");
        var members = await roles.ListAsync(projectId, http.RequestAborted);
        var page = members.Skip(part.Offset).Take(part.Size).ToList();
        var links = new HalLinks();
        links.Add("self", path);
        if (part.NextOf(path, members.Count) is { } next)
        {
            links.Add("next", next);
        }

        if (page.Count > 0)
        {
            links.Add("ref:users:0", $"/ref/users?in={string.Join(',', page.Select(member => member.UserId))}");
            links.Add("ref:organizations:0", $"/ref/organizations?in={request.Project.OrganizationId}");
        }

        return Answer.Ok(
            new UserAccessList { Items = [.. page.Select(member => Resource(http, request, member))], Links = links },
            ApiJsonContext.Default.UserAccessList);
    }

    private static async Task<IResult> ShowAsync(
        HttpContext http, string projectId, Guid userId, IDbContextFactory<DirectoryContext> contexts, ProjectRoles roles)
    {
        var (request, refusal) = await OpenAsync(http, projectId, contexts);
        if (request is null)
        {
            return refusal!;
        }

        return (await roles.ListAsync(projectId, http.RequestAborted)).FirstOrDefault(member => member.UserId == userId) is { } found
            ? Answer.Ok(Resource(http, request, found), ApiJsonContext.Default.UserAccess)
            : Answer.NotFound();
    }

    private static async Task<IResult> GrantAsync(
        HttpContext http, string projectId, IDbContextFactory<DirectoryContext> contexts, ProjectRoles roles)
    {
        var (wanted, fault) = await JsonBody.ReadAsync(
            http, ApiJsonContext.Default.IReadOnlyListUserAccessGrant, "[{\"user_id\": \"...\", \"permissions\": [\"viewer\"]}]");
        var (request, refusal) = await OpenToChangeAsync(http, projectId, contexts);
        if (request is null)
        {
            return refusal!;
        }

        if (wanted is null)
        {
            return Answer.BadRequest(fault!);
        }

        var grants = new Dictionary<Guid, ProjectGrant>();
        foreach (var item in wanted)
        {
            if (!Guid.TryParse(item?.UserId, out var userId))
            {
                return Answer.BadRequest("Each 'user_id' must be the id of an account.");
            }

            if (ProjectGrant.TryRead(item.Permissions) is not { } grant)
            {
                return Answer.BadRequest(Wanted);
            }

            if (!grants.TryAdd(userId, grant))
            {
                return Answer.BadRequest($"The account {userId} is in the request twice.");
            }
        }

        return Say(http, await roles.GrantAsync(ActorOf(http), projectId, grants, http.RequestAborted));
    }

    private static async Task<IResult> ChangeAsync(
        HttpContext http, string projectId, Guid userId, IDbContextFactory<DirectoryContext> contexts, ProjectRoles roles)
    {
        var (wanted, fault) = await JsonBody.ReadAsync(http, ApiJsonContext.Default.UserAccessChange, "{\"permissions\": [\"viewer\"]}");
        var (request, refusal) = await OpenToChangeAsync(http, projectId, contexts);
        if (request is null)
        {
            return refusal!;
        }

        if (wanted is null)
        {
            return Answer.BadRequest(fault!);
        }

        if (ProjectGrant.TryRead(wanted.Permissions) is not { } grant)
        {
            return Answer.BadRequest(Wanted);
        }

        if ((await roles.ListAsync(projectId, http.RequestAborted)).All(member => member.UserId != userId))
        {
            return Answer.NotFound();
        }

        return Say(http, await roles.GrantAsync(ActorOf(http), projectId, new Dictionary<Guid, ProjectGrant> { [userId] = grant }, http.RequestAborted));
    }

    private static async Task<IResult> RemoveAsync(
        HttpContext http, string projectId, Guid userId, IDbContextFactory<DirectoryContext> contexts, ProjectRoles roles)
    {
        var (request, refusal) = await OpenToChangeAsync(http, projectId, contexts);
        return request is null ? refusal! : Say(http, await roles.RemoveAsync(ActorOf(http), projectId, userId, http.RequestAborted));
    }

    private static async Task<(ProjectRequest? Request, IResult? Refusal)> OpenAsync(
        HttpContext http, string projectId, IDbContextFactory<DirectoryContext> contexts)
    {
        await using var context = await contexts.CreateDbContextAsync(http.RequestAborted);
        return await ProjectRequest.OpenAsync(http, context, projectId);
    }

    // A token for one project may change what is in it, and not who may.
    private static async Task<(ProjectRequest? Request, IResult? Refusal)> OpenToChangeAsync(
        HttpContext http, string projectId, IDbContextFactory<DirectoryContext> contexts)
    {
        var (request, refusal) = await OpenAsync(http, projectId, contexts);
        return request is null || Caller.Of(http).Scope.IsFull
            ? (request, refusal)
            : (null, Answer.Forbidden("This API token gives no roles; use one for the whole account."));
    }

    private static OrganizationActor ActorOf(HttpContext http) =>
        new(Caller.Of(http).UserId, Caller.Of(http).HasMfa, http.TraceIdentifier);

    private static IResult Say(HttpContext http, MembershipVerdict verdict) => verdict switch
    {
        MembershipVerdict.Allowed => Results.NoContent(),
        MembershipVerdict.MfaRequired => Answer.StepUp(Caller.Of(http)),
        MembershipVerdict.NeedsAdministrator => Answer.Forbidden("Only who administers the project may do that."),
        MembershipVerdict.TooMany => Answer.BadRequest($"One request gives roles to {ProjectRoles.MaximumPerRequest} accounts at most."),
        _ => Answer.NotFound(),
    };

    private static UserAccess Resource(HttpContext http, ProjectRequest request, ProjectMember member)
    {
        var self = $"/projects/{request.Project.Id}/user-access/{member.UserId}";
        var links = new HalLinks();
        links.Add("self", self);
        if (request.IsAdministrator && Caller.Of(http).Scope.IsFull)
        {
            links.Add("update", self);
            links.Add("delete", self);
        }

        return new UserAccess
        {
            UserId = member.UserId.ToString(),
            ProjectId = request.Project.Id,
            OrganizationId = request.Project.OrganizationId,
            Permissions = ProjectGrant.Of(member).Permissions,
            GrantedAt = member.CreatedAt,
            UpdatedAt = member.UpdatedAt,
            Links = links,
        };
    }
}
