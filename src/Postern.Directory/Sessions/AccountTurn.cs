using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;

namespace Postern.Directory.Sessions;

/// <summary>
/// Lets one thing at a time happen to the sessions of an account: what begins one, or allows one to begin, and what ends all
/// of them wait for each other, so that none begins unseen while the others end.
/// </summary>
public static class AccountTurn
{
    /// <summary>Waits for the turn, which lasts until the caller's transaction is over. It writes the account's row, and changes nothing.</summary>
    public static Task TakeAsync(DirectoryContext context, Guid userId, CancellationToken cancellationToken) =>
        context.Users.Where(u => u.Id == userId).ExecuteUpdateAsync(
            row => row.SetProperty(u => u.SecurityStamp, u => u.SecurityStamp), cancellationToken);

    /// <summary>The same in the name of a session. False when that has ended: then nothing may come of it any more.</summary>
    public static async Task<bool> TakeAsync(DirectoryContext context, Session session, CancellationToken cancellationToken)
    {
        await TakeAsync(context, session.UserId, cancellationToken);
        return await context.Sessions.AnyAsync(s => s.Id == session.Id && s.RevokedAt == null, cancellationToken);
    }
}
