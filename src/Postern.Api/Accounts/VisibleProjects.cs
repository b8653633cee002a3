using Postern.Directory.Organizations;
using Postern.Directory.Routing;
using Postern.Directory.Rules;
using Postern.Directory.Storage;

namespace Postern.Api.Accounts;

/// <summary>The projects that a person has anything to do with.</summary>
internal static class VisibleProjects
{
    public static IQueryable<ProjectAccess> Of(DirectoryContext context, Guid userId) => AccessQuery.Of(context, userId)
        .Where(a => !a.IsUserDisabled && (a.ProjectRole != null
            || a.OrganizationRole == OrganizationRole.Owner || a.OrganizationRole == OrganizationRole.Admin));
}
