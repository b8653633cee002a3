using Microsoft.EntityFrameworkCore;
using Postern.Directory.People;
using Postern.Directory.Storage;
using Postern.Login.Mail;
using Postern.Login.OAuth;
using Postern.Login.Sessions;

namespace Postern.Login.Accounts;

/// <summary>Proves that the address of an account is a mailbox of its person's.</summary>
internal sealed class EmailVerification(
    IDbContextFactory<DirectoryContext> contexts,
    MailLinks links,
    MailQueue mails,
    UnprovedAccounts unproved,
    LoginOptions options,
    TimeProvider clock)
{
    private readonly AttemptLimiter _limiter = new(TimeSpan.FromHours(1), TimeSpan.FromHours(1), clock);

    /// <summary>Sends a link to the address of the account. False when it was sent often enough.</summary>
    public async Task<bool> SendAsync(User user, CancellationToken cancellationToken)
    {
        if (_limiter.Count(user.Id.ToString(), LoginLimits.ResetsPerHour) is not null)
        {
            return false;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        mails.Add(context, MailKind.EmailVerification, user.Email!, user.Id, options.VerificationLifetime);
        await context.SaveChangesAsync(cancellationToken);
        mails.Announce();
        return true;
    }

    /// <summary>The account whose address a link verifies, or null when it verifies none now.</summary>
    public async Task<User?> FindByLinkAsync(string? token, CancellationToken cancellationToken)
    {
        if (await links.FindAsync(token, OpaqueToken.VerificationPrefix, cancellationToken) is not { } link)
        {
            return null;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Users.AsNoTracking().FirstOrDefaultAsync(
            u => u.Id == link.UserId && u.NormalizedEmail == link.NormalizedEmail, cancellationToken);
    }

    /// <summary>What opens the account beside its password, for the person to look at before they say that all of it is theirs.</summary>
    public async Task<AccountBelongings> FindBelongingsAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await UnprovedAccounts.FindBelongingsAsync(context, userId, cancellationToken);
    }

    /// <summary>
    /// Marks the address as verified and uses the link up: for who has both the mailbox and the account, and not for who has the mailbox
    /// alone, or whoever made the account could have its address proved by somebody who never saw it. All other sessions end. False when
    /// the link was used at this moment, is not good, or is of another account.
    /// </summary>
    /// <param name="token">The link's secret.</param>
    /// <param name="live">The session of who opened it.</param>
    /// <param name="keepsBelongings">Whether the person says that keys, tokens and factors are theirs; otherwise they are taken away.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public async Task<bool> ConfirmAsync(string? token, LiveSession live, bool keepsBelongings, CancellationToken cancellationToken)
    {
        if (await links.FindAsync(token, OpaqueToken.VerificationPrefix, cancellationToken) is not { } link || link.UserId != live.User.Id)
        {
            return false;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!await MailLinks.UseAsync(context, link, cancellationToken)
            || await context.Users.SingleOrDefaultAsync(
                u => u.Id == link.UserId && u.NormalizedEmail == link.NormalizedEmail, cancellationToken) is not { } user)
        {
            return false;
        }

        await unproved.ProveAsync(context, user, live, keepsBelongings, cancellationToken);
        await context.MailLinks
            .Where(other => other.UserId == link.UserId && other.Purpose == MailKind.EmailVerification)
            .ExecuteDeleteAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }
}
