using Microsoft.EntityFrameworkCore;
using Postern.Directory.Organizations;
using Postern.Directory.Routing;
using Postern.Directory.Storage;

namespace Postern.Directory.Projects;

/// <summary>Reads which projects a person has a role on.</summary>
public sealed class ProjectReader(IDbContextFactory<DirectoryContext> contexts)
{
    /// <summary>
    /// The projects that a person has a role on, or administers because they administer the organization, by their titles;
    /// <paramref name="organizationId"/> null for all organizations.
    /// </summary>
    public async Task<IReadOnlyList<ProjectPlace>> ListPlacesAsync(Guid userId, string? organizationId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await PlacesOf(context, userId)
            .Where(place => organizationId == null || place.Organization.Id == organizationId)
            .OrderBy(place => place.Project.Title).ThenBy(place => place.Project.Id)
            .ToListAsync(cancellationToken);
    }

    /// <summary>A project and what a person is there; null when it does not exist or they have no role on it.</summary>
    public async Task<ProjectPlace?> FindPlaceAsync(Guid userId, string projectId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await PlacesOf(context, userId).SingleOrDefaultAsync(place => place.Project.Id == projectId, cancellationToken);
    }

    private static IQueryable<ProjectPlace> PlacesOf(DirectoryContext context, Guid userId) =>
        from access in AccessQuery.Of(context, userId)
        join project in context.Projects.AsNoTracking() on access.ProjectId equals project.Id
        join organization in context.Organizations.AsNoTracking() on project.OrganizationId equals organization.Id
        where !access.IsUserDisabled && (access.ProjectRole != null
            || access.OrganizationRole == OrganizationRole.Owner || access.OrganizationRole == OrganizationRole.Admin)
        select new ProjectPlace { Project = project, Organization = organization, Access = access };
}
