using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;

namespace Postern.Directory.Organizations;

/// <summary>Reads organizations and the people in them.</summary>
public sealed class OrganizationReader(IDbContextFactory<DirectoryContext> contexts)
{
    /// <summary>The organizations that a person belongs to or owns, by their labels.</summary>
    public async Task<IReadOnlyList<OrganizationPlace>> ListPlacesAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await PlacesOf(context, userId)
            .OrderBy(place => place.Organization.Label).ThenBy(place => place.Organization.Id)
            .ToListAsync(cancellationToken);
    }

    /// <summary>An organization and what a person is there; null when it does not exist or they have no place in it.</summary>
    public async Task<OrganizationPlace?> FindPlaceAsync(Guid userId, string organizationId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await FindPlaceAsync(context, userId, organizationId, cancellationToken);
    }

    /// <summary>Everybody who belongs to an organization or has a role on a project of it, by their names.</summary>
    public async Task<IReadOnlyList<OrganizationPerson>> ListPeopleAsync(string organizationId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var ownerId = await context.Organizations.AsNoTracking().Where(o => o.Id == organizationId).Select(o => o.OwnerId)
            .SingleAsync(cancellationToken);
        var places = await context.OrganizationMembers.AsNoTracking().Where(m => m.OrganizationId == organizationId)
            .ToDictionaryAsync(m => m.UserId, cancellationToken);
        var contributors = await context.ProjectMembers.AsNoTracking()
            .Where(m => context.Projects.Any(p => p.Id == m.ProjectId && p.OrganizationId == organizationId))
            .GroupBy(m => m.UserId).Select(m => new { UserId = m.Key, Since = m.Min(r => r.CreatedAt), UpdatedAt = m.Max(r => r.UpdatedAt) })
            .ToDictionaryAsync(m => m.UserId, cancellationToken);
        var machines = await (
            from machine in context.MachineUsers.AsNoTracking()
            where machine.OrganizationId == organizationId
            join owner in context.Users.AsNoTracking() on machine.OwnerId equals owner.Id into owners
            from owner in owners.DefaultIfEmpty()
            select new { machine, owner }).ToDictionaryAsync(m => m.machine.UserId, cancellationToken);
        var ids = places.Keys.Concat(contributors.Keys).Concat(machines.Keys).Append(ownerId).Distinct().ToList();
        var users = await context.Users.AsNoTracking().Where(u => ids.Contains(u.Id)).ToListAsync(cancellationToken);
        return
        [
            .. users.Select(user =>
            {
                var place = places.GetValueOrDefault(user.Id);
                var contributor = contributors.GetValueOrDefault(user.Id);
                var machine = machines.GetValueOrDefault(user.Id);
                return new OrganizationPerson
                {
                    UserId = user.Id,
                    DisplayName = user.DisplayName,
                    Email = user.Email,
                    IsEmailConfirmed = user.EmailConfirmed,
                    Role = user.Id == ownerId ? OrganizationRole.Owner : place?.Role,
                    HasMfa = user.TwoFactorEnabled,
                    IsSsoExempt = place?.IsSsoExempt == true,
                    IsDisabled = user.IsDisabled,
                    IsMachine = machine is not null,
                    MadeBy = machine?.owner?.DisplayName,
                    Since = place?.CreatedAt ?? contributor?.Since ?? machine?.machine.CreatedAt ?? user.CreatedAt,
                    UpdatedAt = place?.UpdatedAt ?? contributor?.UpdatedAt ?? machine?.machine.CreatedAt ?? user.UpdatedAt,
                };
            }).OrderBy(person => person.DisplayName, StringComparer.OrdinalIgnoreCase).ThenBy(person => person.UserId),
        ];
    }

    /// <summary>The same as of a transaction of the caller's.</summary>
    public static Task<OrganizationPlace?> FindPlaceAsync(
        DirectoryContext context, Guid userId, string organizationId, CancellationToken cancellationToken) =>
        PlacesOf(context, userId).SingleOrDefaultAsync(place => place.Organization.Id == organizationId, cancellationToken);

    /// <summary>The organizations that a person owns, belongs to, or has a role on a project of.</summary>
    internal static IQueryable<Organization> InvolvingOf(DirectoryContext context, Guid userId) =>
        context.Organizations.Where(o => o.OwnerId == userId
            || context.OrganizationMembers.Any(m => m.OrganizationId == o.Id && m.UserId == userId)
            || context.ProjectMembers.Any(m => m.UserId == userId
                && context.Projects.Any(p => p.Id == m.ProjectId && p.OrganizationId == o.Id)));

    private static IQueryable<OrganizationPlace> PlacesOf(DirectoryContext context, Guid userId) =>
        from organization in context.Organizations.AsNoTracking()
        from member in context.OrganizationMembers.AsNoTracking()
            .Where(m => m.OrganizationId == organization.Id && m.UserId == userId).DefaultIfEmpty()
        where organization.OwnerId == userId || member != null
        select new OrganizationPlace
        {
            Organization = organization,
            Role = organization.OwnerId == userId ? OrganizationRole.Owner : member!.Role,
        };
}
