using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Storage;

namespace Postern.Directory.Organizations;

/// <summary>
/// Changes who is what in an organization, and what it asks of its people. Each change is decided by
/// <see cref="OrganizationRules"/> on the state inside its own transaction, and stands in the audit trail when it is made.
/// </summary>
public sealed class Membership(IDbContextFactory<DirectoryContext> contexts, TimeProvider clock)
{
    /// <summary>Makes a person something else in the organization.</summary>
    public Task<MembershipVerdict> ChangeRoleAsync(
        OrganizationActor actor, string organizationId, Guid userId, OrganizationRole role, CancellationToken cancellationToken) =>
        ChangeAsync(actor, organizationId, async (context, organization, own) =>
        {
            if (await FindTargetAsync(context, organization, userId, cancellationToken) is not { } place)
            {
                return OrganizationRules.Administer(own) is var verdict and not MembershipVerdict.Allowed ? verdict : MembershipVerdict.NotFound;
            }

            var (present, owners) = (RoleOf(organization, place), await CountOwnersAsync(context, organization, userId, cancellationToken));
            if (OrganizationRules.DecideRoleChange(own, present, role, owners) is var decision and not MembershipVerdict.Allowed)
            {
                return decision;
            }

            if (role == OrganizationRole.Owner && await context.MachineUsers.AnyAsync(m => m.UserId == userId, cancellationToken))
            {
                return MembershipVerdict.NotForMachines;
            }

            if (present == role)
            {
                return MembershipVerdict.Allowed;
            }

            place.Role = role;
            place.UpdatedAt = clock.GetUtcNow();
            if (role != OrganizationRole.Owner)
            {
                await PassOwnershipOnAsync(context, organization, userId, cancellationToken);
            }

            await WithdrawInvitationsAsync(context, actor, organization, userId, role, cancellationToken);
            Record(context, actor, "organization.role.changed", $"organization {organization.Id}", $"user {userId}: {NameOf(present)} to {NameOf(role)}");
            return MembershipVerdict.Allowed;
        }, cancellationToken);

    /// <summary>Takes a person out of the organization and off its projects.</summary>
    public Task<MembershipVerdict> RemoveAsync(
        OrganizationActor actor, string organizationId, Guid userId, CancellationToken cancellationToken) =>
        ChangeAsync(actor, organizationId, async (context, organization, own) =>
        {
            var place = await FindTargetAsync(context, organization, userId, cancellationToken);
            var roles = await context.ProjectMembers
                .Where(m => m.UserId == userId && context.Projects.Any(p => p.Id == m.ProjectId && p.OrganizationId == organization.Id))
                .ToListAsync(cancellationToken);
            if (place is null && roles.Count == 0)
            {
                return OrganizationRules.Administer(own) is var verdict and not MembershipVerdict.Allowed ? verdict : MembershipVerdict.NotFound;
            }

            var present = place is null ? OrganizationRole.Member : RoleOf(organization, place);
            var owners = await CountOwnersAsync(context, organization, userId, cancellationToken);
            if (OrganizationRules.DecideRemoval(own, present, userId == actor.UserId, owners) is var decision and not MembershipVerdict.Allowed)
            {
                return decision;
            }

            if (place is not null)
            {
                context.Remove(place);
                await PassOwnershipOnAsync(context, organization, userId, cancellationToken);
            }

            context.RemoveRange(roles);
            await WithdrawInvitationsAsync(context, actor, organization, userId, null, cancellationToken);
            Record(context, actor, "organization.member.removed", $"organization {organization.Id}", $"user {userId}: {NameOf(present)}");
            return MembershipVerdict.Allowed;
        }, cancellationToken);

    /// <summary>Switches on or off that everybody needs a second factor for what is the organization's.</summary>
    public Task<MembershipVerdict> RequireMfaAsync(
        OrganizationActor actor, string organizationId, bool isRequired, CancellationToken cancellationToken) =>
        ChangeAsync(actor, organizationId, (context, organization, own) =>
        {
            var verdict = OrganizationRules.DecideMfaSwitch(own, actor.HasMfa);
            if (verdict == MembershipVerdict.Allowed && organization.RequiresMfa != isRequired)
            {
                organization.RequiresMfa = isRequired;
                Record(context, actor, "organization.mfa.changed", $"organization {organization.Id}", isRequired ? "required" : "not required");
            }

            return Task.FromResult(verdict);
        }, cancellationToken);

    /// <summary>Gives the organization another name for people.</summary>
    public Task<MembershipVerdict> RelabelAsync(
        OrganizationActor actor, string organizationId, string label, CancellationToken cancellationToken) =>
        ChangeAsync(actor, organizationId, (context, organization, own) =>
        {
            var verdict = OrganizationRules.Administer(own);
            if (verdict == MembershipVerdict.Allowed && organization.Label != label)
            {
                organization.Label = label;
                Record(context, actor, "organization.label.changed", $"organization {organization.Id}", null);
            }

            return Task.FromResult(verdict);
        }, cancellationToken);

    /// <summary>
    /// Takes away another's second factors, as far as they are this organization's to take: an account belongs to the server,
    /// and whatever else the person owns, belongs to or works for must be looked after by the same actor.
    /// </summary>
    /// <param name="actor">Who does it.</param>
    /// <param name="organizationId">The organization in whose name they do it.</param>
    /// <param name="userId">The person.</param>
    /// <param name="reset">Does it, inside the transaction that decided it.</param>
    /// <param name="cancellationToken">Ends the work and changes nothing.</param>
    public Task<MembershipVerdict> ResetFactorsAsync(
        OrganizationActor actor, string organizationId, Guid userId, Func<DirectoryContext, Task> reset, CancellationToken cancellationToken) =>
        ChangeAsync(actor, organizationId, async (context, organization, own) =>
        {
            var verdict = OrganizationRules.Administer(own);
            if (verdict != MembershipVerdict.Allowed)
            {
                return verdict;
            }

            if (await FindTargetAsync(context, organization, userId, cancellationToken) is not { } place)
            {
                return MembershipVerdict.NotFound;
            }

            verdict = OrganizationRules.DecideFactorReset(own, RoleOf(organization, place));
            if (verdict != MembershipVerdict.Allowed)
            {
                return verdict;
            }

            if (await IsReliedOnElsewhereAsync(context, actor, organization, userId, cancellationToken))
            {
                return MembershipVerdict.ReliedOnElsewhere;
            }

            Record(context, actor, "organization.factors.reset", $"organization {organization.Id}", $"user {userId}");
            await reset(context);
            return MembershipVerdict.Allowed;
        }, cancellationToken);

    internal static OrganizationRole RoleOf(Organization organization, OrganizationMember place) =>
        organization.OwnerId == place.UserId ? OrganizationRole.Owner : place.Role;

    internal static string NameOf(OrganizationRole role) => role.ToString().ToLowerInvariant();

    /// <summary>
    /// One change at a time in an organization, so that what was decided still holds when it is written. What asks for a
    /// second factor of its people asks for it here too.
    /// </summary>
    internal async Task<MembershipVerdict> ChangeAsync(
        OrganizationActor actor,
        string organizationId,
        Func<DirectoryContext, Organization, OrganizationRole, Task<MembershipVerdict>> change,
        CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);

        await OrganizationTurn.TakeAsync(context, organizationId, cancellationToken);
        if (await OrganizationReader.FindPlaceAsync(context, actor.UserId, organizationId, cancellationToken) is not { } place)
        {
            return MembershipVerdict.NotFound;
        }

        if (place.Organization.RequiresMfa && !actor.HasMfa)
        {
            return MembershipVerdict.MfaRequired;
        }

        var organization = await context.Organizations.SingleAsync(o => o.Id == organizationId, cancellationToken);
        var verdict = await change(context, organization, place.Role);
        if (verdict == MembershipVerdict.Allowed)
        {
            organization.UpdatedAt = clock.GetUtcNow();
            await context.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        return verdict;
    }

    internal void Record(DirectoryContext context, OrganizationActor actor, string action, string subject, string? detail) =>
        context.Add(new AuditEvent
        {
            At = clock.GetUtcNow(),
            Actor = actor.UserId.ToString(),
            ConnectionId = actor.RequestId,
            Action = action,
            Subject = subject,
            Detail = detail,
        });

    // What somebody may not offer any more is not on offer any more; others may send it again in their own name.
    private async Task WithdrawInvitationsAsync(
        DirectoryContext context,
        OrganizationActor actor,
        Organization organization,
        Guid userId,
        OrganizationRole? role,
        CancellationToken cancellationToken)
    {
        var open = await context.Invitations
            .Where(i => i.OrganizationId == organization.Id && i.InvitedBy == userId && i.AcceptedAt == null && i.RevokedAt == null)
            .ToListAsync(cancellationToken);
        foreach (var invitation in open.Where(i => OrganizationRules.DecideInvitation(role, i.Role) != MembershipVerdict.Allowed))
        {
            invitation.RevokedAt = clock.GetUtcNow();
            Record(context, actor, "invitation.revoked", $"{invitation.Id}", $"{organization.Id}: user {userId} may not invite any more");
        }
    }

    // The owner that the organization names has a place even where no row says so.
    private static async Task<OrganizationMember?> FindTargetAsync(
        DirectoryContext context, Organization organization, Guid userId, CancellationToken cancellationToken)
    {
        var place = await context.OrganizationMembers
            .SingleOrDefaultAsync(m => m.OrganizationId == organization.Id && m.UserId == userId, cancellationToken);
        if (place is null && organization.OwnerId == userId)
        {
            place = new OrganizationMember
            {
                OrganizationId = organization.Id,
                UserId = userId,
                Role = OrganizationRole.Owner,
                CreatedAt = organization.CreatedAt,
                UpdatedAt = organization.CreatedAt,
            };
            context.Add(place);
        }

        return place;
    }

    // Somebody who administers one organization must not weaken what protects another that they could not do it in.
    private static async Task<bool> IsReliedOnElsewhereAsync(
        DirectoryContext context, OrganizationActor actor, Organization organization, Guid userId, CancellationToken cancellationToken)
    {
        var others = await OrganizationReader.InvolvingOf(context, userId)
            .Where(o => o.Id != organization.Id)
            .Select(o => new
            {
                Organization = o,
                Place = context.OrganizationMembers.FirstOrDefault(m => m.OrganizationId == o.Id && m.UserId == userId),
                Own = context.OrganizationMembers.FirstOrDefault(m => m.OrganizationId == o.Id && m.UserId == actor.UserId),
            })
            .AsNoTracking().ToListAsync(cancellationToken);
        return others.Any(other =>
        {
            var own = other.Organization.OwnerId == actor.UserId ? OrganizationRole.Owner : other.Own?.Role;
            var present = other.Organization.OwnerId == userId ? OrganizationRole.Owner : other.Place?.Role ?? OrganizationRole.Member;
            return OrganizationRules.DecideFactorReset(own, present) != MembershipVerdict.Allowed
                || (other.Organization.RequiresMfa && !actor.HasMfa);
        });
    }

    // The person, and every other owner who can sign in: an account that is disabled looks after nothing.
    private static async Task<int> CountOwnersAsync(
        DirectoryContext context, Organization organization, Guid userId, CancellationToken cancellationToken) =>
        1 + await context.Users.CountAsync(
            u => u.Id != userId && !u.IsDisabled
                && (u.Id == organization.OwnerId
                    || context.OrganizationMembers.Any(m => m.OrganizationId == organization.Id && m.UserId == u.Id && m.Role == OrganizationRole.Owner)),
            cancellationToken);

    // The organization names one of its owners; when that one steps down, another takes the name.
    private static async Task PassOwnershipOnAsync(
        DirectoryContext context, Organization organization, Guid userId, CancellationToken cancellationToken)
    {
        if (organization.OwnerId == userId)
        {
            organization.OwnerId = await context.OrganizationMembers.AsNoTracking()
                .Where(m => m.OrganizationId == organization.Id && m.Role == OrganizationRole.Owner && m.UserId != userId
                    && context.Users.Any(u => u.Id == m.UserId && !u.IsDisabled))
                .OrderBy(m => m.CreatedAt).ThenBy(m => m.UserId).Select(m => m.UserId).FirstAsync(cancellationToken);
        }
    }
}
