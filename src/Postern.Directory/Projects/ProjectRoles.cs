using Microsoft.EntityFrameworkCore;
using Postern.Directory.Organizations;
using Postern.Directory.Routing;
using Postern.Directory.Rules;
using Postern.Directory.Storage;

namespace Postern.Directory.Projects;

/// <summary>
/// Gives roles on projects to people and machine users, and takes them. Who administers the project may: its administrators,
/// and owners and administrators of its organization. Roles go to who has a place in the organization, or a role on a project of
/// it already; nobody else's account is known to exist. Decided in the organization's turn, and in the audit trail by the same
/// commit.
/// </summary>
public sealed class ProjectRoles(IDbContextFactory<DirectoryContext> contexts, Membership membership, TimeProvider clock)
{
    /// <summary>Most accounts in one grant, so that one request does not hold the organization's turn for long.</summary>
    public const int MaximumPerRequest = 50;

    /// <summary>Everybody with roles that were given on this project, in the order in which they got them.</summary>
    public async Task<IReadOnlyList<ProjectMember>> ListAsync(string projectId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.ProjectMembers.AsNoTracking().Where(m => m.ProjectId == projectId)
            .OrderBy(m => m.CreatedAt).ThenBy(m => m.UserId).ToListAsync(cancellationToken);
    }

    /// <summary>
    /// Gives roles in place of those that the accounts have on the project, all or none of them.
    /// <see cref="MembershipVerdict.NotFound"/> also when an account cannot be given any.
    /// </summary>
    public Task<MembershipVerdict> GrantAsync(
        OrganizationActor actor, string projectId, IReadOnlyDictionary<Guid, ProjectGrant> grants, CancellationToken cancellationToken) =>
        ChangeAsync(actor, projectId, async (context, project, isAdministrator) =>
        {
            if (!isAdministrator)
            {
                return MembershipVerdict.NeedsAdministrator;
            }

            if (grants.Count > MaximumPerRequest)
            {
                return MembershipVerdict.TooMany;
            }

            var ids = grants.Keys.ToList();
            var eligible = await EligibleOf(context, project.OrganizationId).Where(id => ids.Contains(id)).ToListAsync(cancellationToken);
            if (eligible.Count != ids.Count)
            {
                return MembershipVerdict.NotFound;
            }

            var present = await context.ProjectMembers.Where(m => m.ProjectId == project.Id && ids.Contains(m.UserId))
                .ToDictionaryAsync(m => m.UserId, cancellationToken);
            foreach (var (userId, grant) in grants)
            {
                if (!present.TryGetValue(userId, out var member))
                {
                    member = new ProjectMember { ProjectId = project.Id, UserId = userId, CreatedAt = clock.GetUtcNow() };
                    context.Add(member);
                }
                else if (ProjectGrant.Of(member) == grant)
                {
                    continue;
                }

                (member.Role, member.ProductionRole, member.StagingRole, member.DevelopmentRole) =
                    (grant.Role, grant.Production, grant.Staging, grant.Development);
                member.UpdatedAt = clock.GetUtcNow();
                membership.Record(context, actor, "project.role.changed", $"project {project.Id}", $"user {userId}: {string.Join(' ', grant.Permissions)}");
            }

            return MembershipVerdict.Allowed;
        }, cancellationToken);

    /// <summary>Takes the roles of an account on the project. People may take their own.</summary>
    public Task<MembershipVerdict> RemoveAsync(
        OrganizationActor actor, string projectId, Guid userId, CancellationToken cancellationToken) =>
        ChangeAsync(actor, projectId, async (context, project, isAdministrator) =>
        {
            if (!isAdministrator && userId != actor.UserId)
            {
                return MembershipVerdict.NeedsAdministrator;
            }

            if (await context.ProjectMembers.SingleOrDefaultAsync(m => m.ProjectId == project.Id && m.UserId == userId, cancellationToken) is not { } member)
            {
                return MembershipVerdict.NotFound;
            }

            context.Remove(member);
            membership.Record(context, actor, "project.member.removed", $"project {project.Id}", $"user {userId}");
            return MembershipVerdict.Allowed;
        }, cancellationToken);

    private async Task<MembershipVerdict> ChangeAsync(
        OrganizationActor actor,
        string projectId,
        Func<DirectoryContext, Project, bool, Task<MembershipVerdict>> change,
        CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await context.Projects.AsNoTracking().SingleOrDefaultAsync(p => p.Id == projectId, cancellationToken) is not { } project)
        {
            return MembershipVerdict.NotFound;
        }

        await OrganizationTurn.TakeAsync(context, project.OrganizationId, cancellationToken);
        var access = await AccessQuery.Of(context, actor.UserId).SingleOrDefaultAsync(a => a.ProjectId == projectId, cancellationToken);
        if (access is null || access.IsUserDisabled || access.OrganizationId != project.OrganizationId
            || AccessRules.RoleOn(access, EnvironmentType.Development) is null)
        {
            return MembershipVerdict.NotFound;
        }

        if (access.RequiresMfa && !actor.HasMfa)
        {
            return MembershipVerdict.MfaRequired;
        }

        var verdict = await change(context, project, AccessRules.Administers(access));
        if (verdict == MembershipVerdict.Allowed)
        {
            await context.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        return verdict;
    }

    // Machine users have a place in the organization that they belong to.
    private static IQueryable<Guid> EligibleOf(DirectoryContext context, string organizationId) =>
        context.Users.AsNoTracking().Where(u =>
            context.Organizations.Any(o => o.Id == organizationId && o.OwnerId == u.Id)
            || context.OrganizationMembers.Any(m => m.OrganizationId == organizationId && m.UserId == u.Id)
            || context.ProjectMembers.Any(m => m.UserId == u.Id
                && context.Projects.Any(p => p.Id == m.ProjectId && p.OrganizationId == organizationId)))
            .Select(u => u.Id);
}
