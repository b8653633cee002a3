using Microsoft.EntityFrameworkCore;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.SingleSignOn;
using Postern.Directory.Storage;

namespace Postern.Api.Accounts;

/// <summary>
/// Whom a caller may know: themselves, and who shares an organization or a project with them, as far as this sign-in or API
/// token reaches. What an organization keeps from who lacks its proof, it keeps here too.
/// </summary>
internal static class Acquaintances
{
    public static IQueryable<User> Of(DirectoryContext context, Caller caller)
    {
        var (userId, hasMfa, providers) = (caller.UserId, caller.HasMfa, caller.Proof.Providers);
        var organizations = OpenOrganizationsOf(context, caller);
        var projects = VisibleProjects.Of(context, caller)
            .Where(access => (hasMfa || !access.RequiresMfa)
                && (access.RequiredProvider == null || providers.Contains(access.RequiredProvider)))
            .Select(access => access.ProjectId);
        return context.Users.AsNoTracking().Where(u => u.Id == userId
            || context.OrganizationMembers.Any(m => m.UserId == u.Id && organizations.Contains(m.OrganizationId))
            || context.Organizations.Any(o => o.OwnerId == u.Id && organizations.Contains(o.Id))
            || context.ProjectMembers.Any(m => m.UserId == u.Id && projects.Contains(m.ProjectId)));
    }

    /// <summary>
    /// Ids of those whose second factor the caller may ask about: who has none is worth attacking, so it is shown to the person
    /// and to administrators of an organization that they have to do with.
    /// </summary>
    public static IQueryable<Guid> WithKnownFactors(DirectoryContext context, Caller caller)
    {
        var userId = caller.UserId;
        var open = OpenOrganizationsOf(context, caller);
        var administered = context.Organizations.Where(o => open.Contains(o.Id)
            && (o.OwnerId == userId || context.OrganizationMembers.Any(m => m.OrganizationId == o.Id && m.UserId == userId
                && (m.Role == OrganizationRole.Owner || m.Role == OrganizationRole.Admin)))).Select(o => o.Id);
        return context.Users.AsNoTracking().Where(u => u.Id == userId
            || context.OrganizationMembers.Any(m => m.UserId == u.Id && administered.Contains(m.OrganizationId))
            || context.Organizations.Any(o => o.OwnerId == u.Id && administered.Contains(o.Id))
            || context.ProjectMembers.Any(m => m.UserId == u.Id
                && context.Projects.Any(p => p.Id == m.ProjectId && administered.Contains(p.OrganizationId))))
            .Select(u => u.Id);
    }

    /// <summary>Ids of the organizations that the caller belongs to or owns, as far as an API token's scope reaches.</summary>
    public static IQueryable<string> OrganizationsOf(DirectoryContext context, Caller caller) =>
        OrganizationsOf(context, caller.UserId, caller.Scope.ProjectId);

    private static IQueryable<string> OpenOrganizationsOf(DirectoryContext context, Caller caller)
    {
        var (hasMfa, providers) = (caller.HasMfa, caller.Proof.Providers);
        var reached = OrganizationsOf(context, caller);
        var lacking = SsoQuery.RequiredOf(context, caller.UserId).Where(provider => !providers.Contains(provider));
        return context.Organizations.Where(o => reached.Contains(o.Id) && (hasMfa || !o.RequiresMfa) && !lacking.Any()).Select(o => o.Id);
    }

    private static IQueryable<string> OrganizationsOf(DirectoryContext context, Guid userId, string? onlyProject) =>
        context.Organizations.AsNoTracking()
            .Where(o => onlyProject == null || context.Projects.Any(p => p.Id == onlyProject && p.OrganizationId == o.Id))
            .Where(o => o.OwnerId == userId || context.OrganizationMembers.Any(m => m.OrganizationId == o.Id && m.UserId == userId))
            .Select(o => o.Id);
}
