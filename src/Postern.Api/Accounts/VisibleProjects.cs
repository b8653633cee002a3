using Postern.Directory.Organizations;
using Postern.Directory.Routing;
using Postern.Directory.Rules;
using Postern.Directory.Storage;

namespace Postern.Api.Accounts;

/// <summary>The projects that a caller has anything to do with.</summary>
internal static class VisibleProjects
{
    public static IQueryable<ProjectAccess> Of(DirectoryContext context, Caller caller)
    {
        var only = caller.Scope.ProjectId;
        return AccessQuery.Of(context, caller.UserId)
            .Where(a => !a.IsUserDisabled && (only == null || a.ProjectId == only) && (a.ProjectRole != null
                || a.OrganizationRole == OrganizationRole.Owner || a.OrganizationRole == OrganizationRole.Admin));
    }
}
