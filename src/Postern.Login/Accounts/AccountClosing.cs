using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Storage;
using Postern.Login.Sessions;

namespace Postern.Login.Accounts;

/// <summary>
/// Ends accounts: for the time being, or for good. Sessions end first, so that whoever watches the Directory's changes ends
/// what was opened with them. An organization keeps an owner: the only one hands it over before.
/// </summary>
internal sealed class AccountClosing(
    IDbContextFactory<DirectoryContext> contexts,
    SessionStore sessions,
    TimeProvider clock,
    ILogger<AccountClosing> log)
{
    /// <summary>The names of the organizations that this account is the only owner of.</summary>
    public async Task<IReadOnlyList<string>> FindOwnedAloneAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await OwnedAlone(context, userId).OrderBy(o => o.Label).Select(o => o.Label).ToListAsync(cancellationToken);
    }

    /// <summary>Disables an account by its own wish; an operator can enable it again.</summary>
    public async Task<AccountResult> DeactivateAsync(User user, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await RefuseOwnerAsync(context, user.Id, cancellationToken) is { } refused)
        {
            return refused;
        }

        var row = await context.Users.SingleAsync(u => u.Id == user.Id, cancellationToken);
        row.IsDisabled = true;
        row.UpdatedAt = clock.GetUtcNow();
        row.ConcurrencyStamp = Guid.NewGuid().ToString();
        context.Add(Record(user.Id.ToString(), "account.deactivated", user.Id, "by the person"));
        await context.SaveChangesAsync(cancellationToken);
        await sessions.EndAllAsync(context, user.Id, except: null, SessionEnd.AccountDisabled, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        log.AccountClosed(user.Id, "deactivated");
        return AccountResult.Done(row);
    }

    /// <summary>Deletes an account. <paramref name="actor"/> is who wants it, for the audit trail.</summary>
    public async Task<AccountResult> DeleteAsync(User user, string actor, CancellationToken cancellationToken)
    {
        if (await FindOwnedAloneAsync(user.Id, cancellationToken) is { Count: > 0 } owned)
        {
            return NeedsOwner(owned);
        }

        await sessions.EndAllAsync(user.Id, except: null, SessionEnd.AccountDeleted, cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await RefuseOwnerAsync(context, user.Id, cancellationToken) is { } refused)
        {
            return refused; // The other owner went at this moment.
        }

        foreach (var organization in await context.Organizations.Where(o => o.OwnerId == user.Id).ToListAsync(cancellationToken))
        {
            organization.OwnerId = await OtherOwners(context, organization.Id, user.Id).OrderBy(m => m.CreatedAt).ThenBy(m => m.UserId)
                .Select(m => m.UserId).FirstAsync(cancellationToken);
            organization.UpdatedAt = clock.GetUtcNow();
        }

        // The name, which is a person's address, is in it so that the events which name only the id can still be read.
        context.Add(Record(actor, "account.deleted", user.Id, user.UserName));
        await context.SaveChangesAsync(cancellationToken);

        // Sessions refer to API tokens, so they go first; all else goes with the account.
        await context.Sessions.Where(s => s.UserId == user.Id).ExecuteDeleteAsync(cancellationToken);
        if (await context.Users.FirstOrDefaultAsync(u => u.Id == user.Id, cancellationToken) is { } row)
        {
            context.Users.Remove(row);
            await context.SaveChangesAsync(cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        log.AccountClosed(user.Id, "deleted");
        return AccountResult.Done(user);
    }

    // In turn with everything else that happens to the organizations: of two owners who go at once, one stays.
    private static async Task<AccountResult?> RefuseOwnerAsync(DirectoryContext context, Guid userId, CancellationToken cancellationToken)
    {
        await OrganizationTurn.TakeOwnedAsync(context, userId, cancellationToken);
        var owned = await OwnedAlone(context, userId).OrderBy(o => o.Label).Select(o => o.Label).ToListAsync(cancellationToken);
        return owned.Count > 0 ? NeedsOwner(owned) : null;
    }

    private AuditEvent Record(string actor, string action, Guid userId, string? detail) =>
        new() { At = clock.GetUtcNow(), Actor = actor, Action = action, Subject = userId.ToString(), Detail = detail };

    private static AccountResult NeedsOwner(IReadOnlyList<string> organizations) => AccountResult.Refused(
        $"This account is the only owner of {string.Join(", ", organizations)}. Make somebody else an owner there first.");

    private static IQueryable<Organization> OwnedAlone(DirectoryContext context, Guid userId) =>
        context.Organizations.Where(o =>
            (o.OwnerId == userId
                || context.OrganizationMembers.Any(m => m.OrganizationId == o.Id && m.UserId == userId && m.Role == OrganizationRole.Owner))
            && !(o.OwnerId != userId && context.Users.Any(u => u.Id == o.OwnerId && !u.IsDisabled))
            && !context.OrganizationMembers.Any(m => m.OrganizationId == o.Id && m.UserId != userId && m.Role == OrganizationRole.Owner
                && context.Users.Any(u => u.Id == m.UserId && !u.IsDisabled)));

    private static IQueryable<OrganizationMember> OtherOwners(DirectoryContext context, string organizationId, Guid userId) =>
        context.OrganizationMembers.Where(m => m.OrganizationId == organizationId && m.UserId != userId && m.Role == OrganizationRole.Owner
            && context.Users.Any(u => u.Id == m.UserId && !u.IsDisabled));
}
