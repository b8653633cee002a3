using Microsoft.EntityFrameworkCore;
using Postern.Directory.People;
using Postern.Directory.Storage;

namespace Postern.Api.Accounts;

/// <summary>Whom a person may know: themselves, and who shares an organization or a project with them.</summary>
internal static class Acquaintances
{
    public static IQueryable<User> Of(DirectoryContext context, Guid userId)
    {
        var organizations = OrganizationsOf(context, userId, null);
        var projects = context.ProjectMembers.Where(m => m.UserId == userId).Select(m => m.ProjectId);
        return context.Users.AsNoTracking().Where(u => u.Id == userId
            || context.OrganizationMembers.Any(m => m.UserId == u.Id && organizations.Contains(m.OrganizationId))
            || context.Organizations.Any(o => o.OwnerId == u.Id && organizations.Contains(o.Id))
            || context.ProjectMembers.Any(m => m.UserId == u.Id && projects.Contains(m.ProjectId)));
    }

    /// <summary>Ids of the organizations that the caller belongs to or owns, as far as an API token's scope reaches.</summary>
    public static IQueryable<string> OrganizationsOf(DirectoryContext context, Caller caller) =>
        OrganizationsOf(context, caller.UserId, caller.Scope.ProjectId);

    private static IQueryable<string> OrganizationsOf(DirectoryContext context, Guid userId, string? onlyProject) =>
        context.Organizations.AsNoTracking()
            .Where(o => onlyProject == null || context.Projects.Any(p => p.Id == onlyProject && p.OrganizationId == o.Id))
            .Where(o => o.OwnerId == userId || context.OrganizationMembers.Any(m => m.OrganizationId == o.Id && m.UserId == userId))
            .Select(o => o.Id);
}
