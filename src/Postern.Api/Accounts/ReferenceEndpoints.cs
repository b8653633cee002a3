using Microsoft.EntityFrameworkCore;
using Postern.Api.Answers;
using Postern.Contracts.Api;
using Postern.Directory.Storage;

namespace Postern.Api.Accounts;

/// <summary>Short forms of many things at once; what the caller may not see is null, as is what does not exist.</summary>
internal static class ReferenceEndpoints
{
    /// <summary>Most ids in one request: four times what our own links hold.</summary>
    private const int MaximumIds = 200;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/ref/users", ListUsersAsync);
        api.MapGet("/ref/organizations", ListOrganizationsAsync);
        api.MapGet("/ref/projects", ListProjectsAsync);
    }

    private static async Task<IResult> ListUsersAsync(HttpContext http, IDbContextFactory<DirectoryContext> contexts)
    {
        if (ReadIds(http) is not { } ids)
        {
            return TooMany();
        }

        var guids = ids.Select(id => Guid.TryParse(id, out var guid) ? guid : Guid.Empty).ToList();
        await using var context = await contexts.CreateDbContextAsync(http.RequestAborted);
        var caller = Caller.Of(http);
        var users = await Acquaintances.Of(context, caller).Where(u => guids.Contains(u.Id)).ToListAsync(http.RequestAborted);
        var known = await Acquaintances.WithKnownFactors(context, caller).Where(id => guids.Contains(id)).ToHashSetAsync(http.RequestAborted);
        var linked = (await context.SsoIdentities.Where(i => guids.Contains(i.UserId)).Select(i => i.UserId).ToListAsync(http.RequestAborted)).ToHashSet();
        var found = users.ToDictionary(u => u.Id.ToString(), u => new UserReference
        {
            Id = u.Id.ToString(),
            Username = u.UserName ?? "",
            Email = u.Email ?? "",
            FirstName = u.FirstName,
            LastName = u.LastName,
            MfaEnabled = known.Contains(u.Id) ? u.TwoFactorEnabled : null,
            SsoEnabled = linked.Contains(u.Id),
        });
        return Answer.Ok(ByAskedId(ids, found), ApiJsonContext.Default.DictionaryStringUserReference);
    }

    private static async Task<IResult> ListOrganizationsAsync(HttpContext http, IDbContextFactory<DirectoryContext> contexts)
    {
        if (ReadIds(http) is not { } ids)
        {
            return TooMany();
        }

        var (userId, only) = (Caller.Of(http).UserId, Caller.Of(http).Scope.ProjectId);
        await using var context = await contexts.CreateDbContextAsync(http.RequestAborted);
        var own = Acquaintances.OrganizationsOf(context, Caller.Of(http));
        var ofProjects = context.Projects
            .Where(p => (only == null || p.Id == only) && context.ProjectMembers.Any(m => m.ProjectId == p.Id && m.UserId == userId))
            .Select(p => p.OrganizationId);
        var organizations = await context.Organizations.AsNoTracking()
            .Where(o => ids.Contains(o.Id) && (own.Contains(o.Id) || ofProjects.Contains(o.Id))).ToListAsync(http.RequestAborted);
        var found = organizations.ToDictionary(o => o.Id, o => new OrganizationReference
        {
            Id = o.Id,
            Type = o.Type,
            OwnerId = o.OwnerId.ToString(),
            Name = o.Name,
            Label = o.Label,
        });
        return Answer.Ok(ByAskedId(ids, found), ApiJsonContext.Default.DictionaryStringOrganizationReference);
    }

    private static async Task<IResult> ListProjectsAsync(HttpContext http, IDbContextFactory<DirectoryContext> contexts)
    {
        if (ReadIds(http) is not { } ids)
        {
            return TooMany();
        }

        var caller = Caller.Of(http);
        await using var context = await contexts.CreateDbContextAsync(http.RequestAborted);
        var rows = await (
            from access in VisibleProjects.Of(context, caller)
            join project in context.Projects.AsNoTracking() on access.ProjectId equals project.Id
            where ids.Contains(project.Id)
            select new { access, project }).ToListAsync(http.RequestAborted);
        var found = rows.ToDictionary(r => r.project.Id, r => new ProjectReference
        {
            Id = r.project.Id,
            Region = r.project.Region,
            Title = r.project.Title,
            Status = r.access.IsSuspended ? "suspended" : "active",
            OrganizationId = r.project.OrganizationId,
            CreatedAt = r.project.CreatedAt,
            UpdatedAt = r.project.UpdatedAt,
        });
        return Answer.Ok(ByAskedId(ids, found), ApiJsonContext.Default.DictionaryStringProjectReference);
    }

    private static List<string>? ReadIds(HttpContext http)
    {
        var ids = http.Request.Query["in"].ToString()
            .Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Where(id => !id.Any(char.IsControl)) // No id has one, and not every database takes it as text.
            .Distinct(StringComparer.Ordinal).ToList();
        return ids.Count <= MaximumIds ? ids : null;
    }

    private static IResult TooMany() => Answer.BadRequest($"'in' names more than {MaximumIds} ids; ask in parts.");

    private static Dictionary<string, T?> ByAskedId<T>(List<string> ids, Dictionary<string, T> found)
        where T : class => ids.ToDictionary(id => id, found.GetValueOrDefault, StringComparer.Ordinal);
}
