using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.People;
using Postern.Directory.Storage;
using Postern.Login.Factors;
using Postern.Login.Sessions;

namespace Postern.Login.Accounts;

/// <summary>
/// Guards the moment at which an account becomes its person's. As long as nobody has proved its address, somebody else may have made
/// it, to lie in wait with a key, a passkey or a token until the person takes it over and is given roles ("pre-hijacking").
/// </summary>
internal sealed class UnprovedAccounts(SessionStore sessions, TimeProvider clock)
{
    /// <summary>What opens the account beside its password.</summary>
    public static async Task<AccountBelongings> FindBelongingsAsync(DirectoryContext context, Guid userId, CancellationToken cancellationToken) => new(
        await context.SshKeys.CountAsync(key => key.UserId == userId, cancellationToken),
        await context.ApiTokens.CountAsync(token => token.UserId == userId && token.RevokedAt == null, cancellationToken),
        await context.Set<IdentityUserPasskey<Guid>>().CountAsync(passkey => passkey.UserId == userId, cancellationToken),
        await context.AuthenticatorApps.CountAsync(app => app.UserId == userId, cancellationToken));

    /// <summary>
    /// Notes, in the caller's transaction, that an address is its person's, who has the mailbox and is signed in. Their other sessions end,
    /// and what they do not call their own goes.
    /// </summary>
    public async Task ProveAsync(DirectoryContext context, User user, LiveSession live, bool keepsBelongings, CancellationToken cancellationToken)
    {
        if (user.EmailConfirmed)
        {
            return;
        }

        user.EmailConfirmed = true;
        user.ConcurrencyStamp = Guid.NewGuid().ToString();
        context.Add(new AuditEvent
        {
            At = clock.GetUtcNow(),
            Actor = user.Id.ToString(),
            Action = "account.confirmed",
            Subject = user.Id.ToString(),
            Detail = user.Email,
        });
        if (keepsBelongings)
        {
            await context.SaveChangesAsync(cancellationToken);
            await sessions.EndAllAsync(context, user.Id, live.Session.Id, SessionEnd.AddressProved, cancellationToken);
        }
        else
        {
            await ClearAsync(context, user, user.Id.ToString(), live.Session.Id, cancellationToken);
        }
    }

    /// <summary>
    /// Takes away, in the caller's transaction, all that opened the account until now, but for the password: SSH keys, API tokens,
    /// passkeys, the authenticator app with the recovery codes, and sessions with everything that came of them. <paramref name="user"/>
    /// is a row that the context follows.
    /// </summary>
    /// <param name="context">The transaction.</param>
    /// <param name="user">The account.</param>
    /// <param name="actor">Who proves the address, for the audit trail.</param>
    /// <param name="keptSession">The session of who does it, or null.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task ClearAsync(DirectoryContext context, User user, string actor, Guid? keptSession, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var belongings = await FindBelongingsAsync(context, user.Id, cancellationToken);
        user.TwoFactorEnabled = false;
        user.SecurityStamp = Guid.NewGuid().ToString("N");
        user.ConcurrencyStamp = Guid.NewGuid().ToString();
        user.UpdatedAt = now;

        // Through the change tracker, because that is what tells the change feed.
        context.RemoveRange(await context.SshKeys.Where(key => key.UserId == user.Id).ToListAsync(cancellationToken));
        context.RemoveRange(await context.AuthenticatorApps.Where(app => app.UserId == user.Id).ToListAsync(cancellationToken));
        foreach (var token in await context.ApiTokens.Where(t => t.UserId == user.Id && t.RevokedAt == null).ToListAsync(cancellationToken))
        {
            token.RevokedAt = now;
        }

        if (belongings.Any)
        {
            context.Add(new AuditEvent
            {
                At = now,
                Actor = actor,
                Action = "account.cleared",
                Subject = user.Id.ToString(),
                Detail = $"{belongings}, from before the address was proved",
            });
        }

        await context.SaveChangesAsync(cancellationToken);
        await context.Set<IdentityUserPasskey<Guid>>().Where(row => row.UserId == user.Id).ExecuteDeleteAsync(cancellationToken);
        await context.RecoveryCodes.Where(row => row.UserId == user.Id).ExecuteDeleteAsync(cancellationToken);
        await context.FactorAttempts.Where(row => row.UserId == user.Id).ExecuteDeleteAsync(cancellationToken);
        await sessions.EndAllAsync(context, user.Id, keptSession, SessionEnd.AddressProved, cancellationToken);

        // The session that stays may have been proved by one of the factors that are gone, and counts as that no more.
        foreach (var session in await context.Sessions.Where(s => s.UserId == user.Id && s.RevokedAt == null).ToListAsync(cancellationToken))
        {
            session.Amr = AuthenticationMethods.WithoutMfa(session.Amr);
        }

        await context.SaveChangesAsync(cancellationToken);
    }
}
