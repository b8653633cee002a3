using Microsoft.EntityFrameworkCore;
using Postern.Api.Answers;
using Postern.Contracts.Api;
using Postern.Directory.Organizations;
using Postern.Directory.Storage;
using Member = Postern.Contracts.Api.OrganizationMember;

namespace Postern.Api.Organizations;

/// <summary>The people of an organization.</summary>
internal static class MemberEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapPost("/organizations/{id}/machines", CreateMachineAsync).RequireRecentSignIn();
        api.MapGet("/organizations/{id}/members", ListAsync);
        api.MapGet("/organizations/{id}/members/{userId:guid}", ShowAsync);
        api.MapPatch("/organizations/{id}/members/{userId:guid}", ChangeAsync).RequireRecentSignIn();
        api.MapDelete("/organizations/{id}/members/{userId:guid}", RemoveAsync).RequireRecentSignIn();
    }

    private static async Task<IResult> ListAsync(
        HttpContext http, string id, IDbContextFactory<DirectoryContext> contexts, OrganizationReader organizations)
    {
        var (request, refusal) = await OrganizationRequest.OpenAsync(http, id, contexts, organizations);
        if (request is null)
        {
            return refusal!;
        }

        var part = PageQuery.Of(http);
        var people = (await MembersAsync(request, organizations, http.RequestAborted)).ToList();
        var page = people.Skip(part.Offset).Take(part.Size).ToList();
        var links = new HalLinks();
        links.Add("self", $"/organizations/{request.Id}/members");
        if (part.NextOf($"/organizations/{request.Id}/members", people.Count) is { } next)
        {
            links.Add("next", next);
        }

        if (page.Count > 0)
        {
            links.Add("ref:users:0", $"/ref/users?in={string.Join(',', page.Select(person => person.UserId))}");
        }

        return Answer.Ok(
            new OrganizationMemberList { Items = [.. page.Select(person => Resource(request, person))], Links = links },
            ApiJsonContext.Default.OrganizationMemberList);
    }

    private static async Task<IResult> ShowAsync(
        HttpContext http, string id, Guid userId, IDbContextFactory<DirectoryContext> contexts, OrganizationReader organizations)
    {
        var (request, refusal) = await OrganizationRequest.OpenAsync(http, id, contexts, organizations);
        return request is null ? refusal! : await AnswerAsync(request, userId, organizations, http.RequestAborted);
    }

    private static async Task<IResult> ChangeAsync(
        HttpContext http, string id, Guid userId, IDbContextFactory<DirectoryContext> contexts, OrganizationReader organizations, Membership membership)
    {
        var (request, refusal) = await OrganizationRequest.OpenAsync(http, id, contexts, organizations);
        if (request is null)
        {
            return refusal!;
        }

        var (wanted, fault) = await JsonBody.ReadAsync(http, ApiJsonContext.Default.OrganizationMemberChange, "{\"permissions\": [\"admin\"]}");
        if (wanted is null)
        {
            return Answer.BadRequest(fault!);
        }

        if (ReadRole(wanted.Permissions) is not { } role)
        {
            return Answer.BadRequest("'permissions' must hold exactly one of \"owner\", \"admin\" and \"member\".");
        }

        var verdict = await membership.ChangeRoleAsync(request.Actor, request.Id, userId, role, http.RequestAborted);
        return request.Refuse(verdict) ?? await AnswerAsync(request, userId, organizations, http.RequestAborted);
    }

    private static async Task<IResult> RemoveAsync(
        HttpContext http,
        string id,
        Guid userId,
        IDbContextFactory<DirectoryContext> contexts,
        OrganizationReader organizations,
        Membership membership,
        MachineUsers machines)
    {
        var (request, refusal) = await OrganizationRequest.OpenAsync(http, id, contexts, organizations);
        if (request is null)
        {
            return refusal!;
        }

        // The account of a machine is nothing without its organization.
        var isMachine = (await organizations.ListPeopleAsync(request.Id, http.RequestAborted)).Any(person => person.IsMachine && person.UserId == userId);
        var verdict = isMachine
            ? await machines.RemoveAsync(request.Actor, request.Id, userId, http.RequestAborted)
            : await membership.RemoveAsync(request.Actor, request.Id, userId, http.RequestAborted);
        return request.Refuse(verdict) ?? Results.NoContent();
    }

    /// <summary>Makes the account of a machine, which is a member from then on; deleting the member deletes it.</summary>
    private static async Task<IResult> CreateMachineAsync(
        HttpContext http, string id, IDbContextFactory<DirectoryContext> contexts, OrganizationReader organizations, MachineUsers machines)
    {
        var (request, refusal) = await OrganizationRequest.OpenAsync(http, id, contexts, organizations);
        if (request is null)
        {
            return refusal!;
        }

        var (wanted, fault) = await JsonBody.ReadAsync(http, ApiJsonContext.Default.MachineUserCreation, "{\"name\": \"deploy-bot\"}");
        if (wanted is null)
        {
            return Answer.BadRequest(fault!);
        }

        var (user, verdict) = await machines.CreateAsync(request.Actor, request.Id, wanted.Name, http.RequestAborted);
        if (request.Refuse(verdict) is { } obstacle)
        {
            return obstacle;
        }

        var made = (await MembersAsync(request, organizations, http.RequestAborted)).Single(person => person.UserId == user!.Id);
        return Answer.Created(Resource(request, made), ApiJsonContext.Default.OrganizationMember);
    }

    private static async Task<IResult> AnswerAsync(
        OrganizationRequest request, Guid userId, OrganizationReader organizations, CancellationToken cancellationToken) =>
        (await MembersAsync(request, organizations, cancellationToken)).FirstOrDefault(person => person.UserId == userId) is { } found
            ? Answer.Ok(Resource(request, found), ApiJsonContext.Default.OrganizationMember)
            : Answer.NotFound();

    private static async Task<IEnumerable<OrganizationPerson>> MembersAsync(
        OrganizationRequest request, OrganizationReader organizations, CancellationToken cancellationToken) =>
        (await organizations.ListPeopleAsync(request.Id, cancellationToken)).Where(person => person.Role is not null);

    private static Member Resource(OrganizationRequest request, OrganizationPerson person)
    {
        var self = $"/organizations/{request.Id}/members/{person.UserId}";
        var links = new HalLinks();
        links.Add("self", self);
        if (request.IsAdministrator && (person.Role != OrganizationRole.Owner || request.Place.Role == OrganizationRole.Owner))
        {
            links.Add("update", self);
            links.Add("delete", self);
        }

        return new Member
        {
            Id = person.UserId.ToString(),
            UserId = person.UserId.ToString(),
            OrganizationId = request.Id,
            Permissions = [person.Role!.Value.ToString().ToLowerInvariant()],
            Owner = person.Role == OrganizationRole.Owner,
            Machine = person.IsMachine,
            MfaEnabled = request.IsAdministrator ? person.HasMfa : null,
            CreatedAt = person.Since,
            UpdatedAt = person.UpdatedAt,
            Links = links,
        };
    }

    private static OrganizationRole? ReadRole(IReadOnlyList<string>? permissions) => permissions switch
    {
        ["owner"] => OrganizationRole.Owner,
        ["admin"] => OrganizationRole.Admin,
        ["member"] => OrganizationRole.Member,
        _ => null,
    };
}
