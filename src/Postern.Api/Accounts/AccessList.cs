using Microsoft.EntityFrameworkCore;
using Postern.Contracts.Api;
using Postern.Directory.Organizations;
using Postern.Directory.Projects;
using Postern.Directory.Rules;
using Postern.Directory.Storage;

namespace Postern.Api.Accounts;

/// <summary>A person's grants in the form of <c>extended-access</c>.</summary>
internal static class AccessList
{
    /// <summary>Ids in one reference link, so that its URL stays well below every limit.</summary>
    private const int ReferencesPerLink = 50;

    public static async Task<IReadOnlyList<ExtendedAccess>> ProjectsAsync(
        DirectoryContext context, Caller caller, CancellationToken cancellationToken)
    {
        var userId = caller.UserId;
        var rows = await (
            from access in VisibleProjects.Of(context, caller)
            join project in context.Projects.AsNoTracking() on access.ProjectId equals project.Id
            from member in context.ProjectMembers.AsNoTracking()
                .Where(m => m.ProjectId == project.Id && m.UserId == userId).DefaultIfEmpty()
            orderby project.Title, project.Id
            select new { access, project, member }).ToListAsync(cancellationToken);
        return
        [
            .. rows.Select(row => new ExtendedAccess
            {
                UserId = userId.ToString(),
                ResourceId = row.project.Id,
                ResourceType = "project",
                OrganizationId = row.project.OrganizationId,
                Permissions = Permissions(caller.Scope.Limit(row.access)),
                GrantedAt = row.member?.CreatedAt ?? row.project.CreatedAt,
                UpdatedAt = row.member?.UpdatedAt ?? row.project.UpdatedAt,
            }),
        ];
    }

    public static async Task<IReadOnlyList<ExtendedAccess>> OrganizationsAsync(
        DirectoryContext context, Caller caller, CancellationToken cancellationToken)
    {
        var userId = caller.UserId;
        var reached = Acquaintances.OrganizationsOf(context, caller);
        var rows = await (
            from organization in context.Organizations.AsNoTracking()
            from member in context.OrganizationMembers.AsNoTracking()
                .Where(m => m.OrganizationId == organization.Id && m.UserId == userId).DefaultIfEmpty()
            where reached.Contains(organization.Id)
            orderby organization.Label, organization.Id
            select new { organization, member }).ToListAsync(cancellationToken);
        return
        [
            .. rows.Select(row => new ExtendedAccess
            {
                UserId = userId.ToString(),
                ResourceId = row.organization.Id,
                ResourceType = "organization",
                OrganizationId = row.organization.Id,
                Permissions = [row.organization.OwnerId == userId ? "owner" : NameOf(row.member!.Role)],
                GrantedAt = row.member?.CreatedAt ?? row.organization.CreatedAt,
                UpdatedAt = row.member?.UpdatedAt ?? row.organization.UpdatedAt,
            }),
        ];
    }

    /// <summary><c>admin</c>, or <c>viewer</c> and what is given by type.</summary>
    public static IReadOnlyList<string> Permissions(ProjectAccess access)
    {
        if (access.ProjectRole is ProjectRole.Admin || access.OrganizationRole is OrganizationRole.Owner or OrganizationRole.Admin)
        {
            return ["admin"];
        }

        var permissions = new List<string> { "viewer" };
        Add("production", access.ProductionRole);
        Add("staging", access.StagingRole);
        Add("development", access.DevelopmentRole);
        return permissions;

        void Add(string type, EnvironmentRole? role)
        {
            if (role is not null)
            {
                permissions.Add($"{type}:{NameOf(role.Value)}");
            }
        }
    }

    public static HalLinks References(IReadOnlyList<ExtendedAccess> grants)
    {
        var links = new HalLinks();
        AddReferences(links, "projects", grants.Where(g => g.ResourceType == "project").Select(g => g.ResourceId));
        AddReferences(links, "organizations", grants.Select(g => g.OrganizationId));
        return links;
    }

    private static void AddReferences(HalLinks links, string kind, IEnumerable<string> ids)
    {
        var number = 0;
        foreach (var chunk in ids.Distinct(StringComparer.Ordinal).Chunk(ReferencesPerLink))
        {
            links.Add($"ref:{kind}:{number++}", $"/ref/{kind}?in={string.Join(',', chunk)}");
        }
    }

    private static string NameOf<T>(T value)
        where T : struct, Enum => value.ToString().ToLowerInvariant();
}
