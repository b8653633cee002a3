using Microsoft.EntityFrameworkCore;
using Postern.Directory.People;
using Postern.Directory.Storage;
using Postern.Login.Mail;
using Postern.Login.OAuth;

namespace Postern.Login.Accounts;

/// <summary>Proves that the address of an account is a mailbox of its person's.</summary>
internal sealed class EmailVerification(
    IDbContextFactory<DirectoryContext> contexts, MailLinks links, MailQueue mails, LoginOptions options, TimeProvider clock)
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

    /// <summary>Marks the address as verified and uses the link up. False when it was used at this moment, or is not good.</summary>
    public async Task<bool> ConfirmAsync(string? token, CancellationToken cancellationToken)
    {
        if (await links.FindAsync(token, OpaqueToken.VerificationPrefix, cancellationToken) is not { } link)
        {
            return false;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!await MailLinks.UseAsync(context, link, cancellationToken)
            || await context.Users
                .Where(u => u.Id == link.UserId && u.NormalizedEmail == link.NormalizedEmail)
                .ExecuteUpdateAsync(row => row.SetProperty(u => u.EmailConfirmed, true), cancellationToken) != 1)
        {
            return false;
        }

        await context.MailLinks
            .Where(other => other.UserId == link.UserId && other.Purpose == MailKind.EmailVerification)
            .ExecuteDeleteAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }
}
