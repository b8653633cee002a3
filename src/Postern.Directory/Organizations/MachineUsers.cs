using Microsoft.EntityFrameworkCore;
using Postern.Directory.People;
using Postern.Directory.Storage;

namespace Postern.Directory.Organizations;

/// <summary>Makes and removes the accounts of machines.</summary>
public sealed class MachineUsers(IDbContextFactory<DirectoryContext> contexts, Membership membership, TimeProvider clock)
{
    /// <summary>Whether somebody looks after the account of a machine: makes its tokens and takes them back.</summary>
    public async Task<MembershipVerdict> MayManageAsync(OrganizationActor actor, Guid userId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var machine = await context.MachineUsers.AsNoTracking().SingleOrDefaultAsync(m => m.UserId == userId, cancellationToken);
        if (machine is null
            || await OrganizationReader.FindPlaceAsync(context, actor.UserId, machine.OrganizationId, cancellationToken) is not { } place)
        {
            return MembershipVerdict.NotFound;
        }

        return place.Organization.RequiresMfa && !actor.HasMfa ? MembershipVerdict.MfaRequired : OrganizationRules.Administer(place.Role);
    }

    /// <summary>
    /// Makes an account for a machine, a member of the organization without any role on a project. Null with the reason when
    /// it was not made.
    /// </summary>
    public async Task<(User? User, MembershipVerdict Verdict)> CreateAsync(
        OrganizationActor actor, string organizationId, string name, CancellationToken cancellationToken)
    {
        User? made = null;
        var verdict = await membership.ChangeAsync(actor, organizationId, async (context, organization, own) =>
        {
            if (OrganizationRules.Administer(own) is var decision and not MembershipVerdict.Allowed)
            {
                return decision;
            }

            if (!MachineUser.IsName(name))
            {
                return MembershipVerdict.NameInvalid;
            }

            if (await context.MachineUsers.CountAsync(m => m.OrganizationId == organization.Id, cancellationToken) >= MachineUser.MaximumPerOrganization)
            {
                return MembershipVerdict.TooMany;
            }

            made = NewUser(name, organization);
            if (await context.Users.AnyAsync(u => u.NormalizedUserName == made.NormalizedUserName, cancellationToken))
            {
                made = null;
                return MembershipVerdict.NameTaken;
            }

            context.Add(made);
            context.Add(new MachineUser { UserId = made.Id, OrganizationId = organization.Id, OwnerId = actor.UserId, CreatedAt = made.CreatedAt });
            context.Add(new OrganizationMember
            {
                OrganizationId = organization.Id,
                UserId = made.Id,
                Role = OrganizationRole.Member,
                CreatedAt = made.CreatedAt,
                UpdatedAt = made.CreatedAt,
            });
            membership.Record(context, actor, "organization.machine.created", $"user {made.Id}", $"{name} in organization {organization.Id}");
            return MembershipVerdict.Allowed;
        }, cancellationToken);
        return (verdict == MembershipVerdict.Allowed ? made : null, verdict);
    }

    /// <summary>Removes the account of a machine with its tokens, keys and sessions.</summary>
    public Task<MembershipVerdict> RemoveAsync(
        OrganizationActor actor, string organizationId, Guid userId, CancellationToken cancellationToken) =>
        membership.ChangeAsync(actor, organizationId, async (context, organization, own) =>
        {
            if (OrganizationRules.Administer(own) is var decision and not MembershipVerdict.Allowed)
            {
                return decision;
            }

            var user = await context.Users.SingleOrDefaultAsync(
                u => u.Id == userId && context.MachineUsers.Any(m => m.UserId == userId && m.OrganizationId == organization.Id), cancellationToken);
            if (user is null)
            {
                return MembershipVerdict.NotFound;
            }

            // Sessions hold on to their tokens, so they go first.
            context.RemoveRange(await context.Sessions.Where(s => s.UserId == userId).ToListAsync(cancellationToken));
            await context.SaveChangesAsync(cancellationToken);
            context.Remove(user);
            membership.Record(context, actor, "organization.machine.removed", $"user {userId}", $"{user.FirstName} in organization {organization.Id}");
            return MembershipVerdict.Allowed;
        }, cancellationToken);

    private User NewUser(string name, Organization organization)
    {
        var now = clock.GetUtcNow();
        var userName = MachineUser.UserName(name, organization.Name);
        return new User
        {
            Id = Guid.NewGuid(),
            UserName = userName,
            NormalizedUserName = userName.ToUpperInvariant(),
            FirstName = name,
            SecurityStamp = Guid.NewGuid().ToString("N"),
            CreatedAt = now,
            UpdatedAt = now,
        };
    }
}
