using Microsoft.EntityFrameworkCore;
using Postern.Directory.Organizations;
using Postern.Directory.Projects;
using Postern.Directory.Rules;
using Postern.Directory.SingleSignOn;
using Postern.Directory.Storage;

namespace Postern.Directory.Routing;

/// <summary>The one query that gathers what <see cref="AccessRules"/> need, so that gateway and API cannot differ.</summary>
public static class AccessQuery
{
    /// <summary>One row for every project there is, with what the person has to do with it; narrow it down before running it.</summary>
    public static IQueryable<ProjectAccess> Of(DirectoryContext context, Guid userId)
    {
        var required = SsoQuery.RequiredOf(context, userId);
        return
            from project in context.Projects.AsNoTracking()
            join organization in context.Organizations.AsNoTracking() on project.OrganizationId equals organization.Id
            from user in context.Users.AsNoTracking().Where(u => u.Id == userId)
            from place in context.OrganizationMembers.AsNoTracking()
                .Where(m => m.OrganizationId == organization.Id && m.UserId == userId).DefaultIfEmpty()
            from member in context.ProjectMembers.AsNoTracking()
                .Where(m => m.ProjectId == project.Id && m.UserId == userId).DefaultIfEmpty()
            select new ProjectAccess
            {
                UserId = user.Id,
                ProjectId = project.Id,
                OrganizationId = organization.Id,
                IsUserDisabled = user.IsDisabled,
                OrganizationRole = organization.OwnerId == userId ? OrganizationRole.Owner : (OrganizationRole?)place!.Role,
                ProjectRole = (ProjectRole?)member!.Role,
                ProductionRole = member!.ProductionRole,
                StagingRole = member!.StagingRole,
                DevelopmentRole = member!.DevelopmentRole,
                IsSuspended = project.IsSuspended || organization.IsSuspended,
                RequiresMfa = organization.RequiresMfa,
                RequiredProvider = required.FirstOrDefault(),
                PinsSourceAddress = organization.PinsSourceAddress,
            };
    }
}
