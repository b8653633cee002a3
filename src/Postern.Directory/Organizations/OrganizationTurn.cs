using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;

namespace Postern.Directory.Organizations;

/// <summary>
/// Lets one change at a time happen to an organization and its people, so that what was decided still holds when it is
/// written. Whoever also writes the row of an account does so after it took this turn.
/// </summary>
public static class OrganizationTurn
{
    /// <summary>Waits for the turn, which lasts until the caller's transaction is over. It writes the organization's row, and changes nothing.</summary>
    public static Task TakeAsync(DirectoryContext context, string organizationId, CancellationToken cancellationToken) =>
        context.Organizations.Where(o => o.Id == organizationId)
            .ExecuteUpdateAsync(set => set.SetProperty(o => o.Label, o => o.Label), cancellationToken);

    /// <summary>Waits for the turn of every organization that an account owns; in one order, so that two who want several do not wait for each other.</summary>
    public static async Task TakeOwnedAsync(DirectoryContext context, Guid userId, CancellationToken cancellationToken)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        while (true)
        {
            // Asked again behind the turns: the account may have become owner of another one while it waited.
            var owned = await context.Organizations.AsNoTracking()
                .Where(o => o.OwnerId == userId
                    || context.OrganizationMembers.Any(m => m.OrganizationId == o.Id && m.UserId == userId && m.Role == OrganizationRole.Owner))
                .OrderBy(o => o.Id).Select(o => o.Id).ToListAsync(cancellationToken);
            if (taken.IsSupersetOf(owned))
            {
                return;
            }

            foreach (var organizationId in owned.Where(taken.Add))
            {
                await TakeAsync(context, organizationId, cancellationToken);
            }
        }
    }
}
