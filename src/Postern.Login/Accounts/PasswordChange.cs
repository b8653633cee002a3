using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.People;
using Postern.Directory.SingleSignOn;
using Postern.Directory.Storage;
using Postern.Login.Factors;
using Postern.Login.Mail;
using Postern.Login.OAuth;
using Postern.Login.Passwords;
using Postern.Login.Sessions;

namespace Postern.Login.Accounts;

/// <summary>Lets people set their own password: knowing the present one, or by a link to their mailbox.</summary>
internal sealed class PasswordChange(
    IDbContextFactory<DirectoryContext> contexts,
    MailLinks links,
    MailQueue mails,
    AccountBuilder builder,
    PasswordRules rules,
    SessionStore sessions,
    UnprovedAccounts unproved,
    IAccountNotices notices,
    AuditTrail audit,
    LoginOptions options,
    TimeProvider clock,
    ILogger<PasswordChange> log)
{
    private const string UsedUp = "This link has been used, or a newer one was sent.";

    private const string ByPerson = "changed by the person";
    private const string ByMail = "reset by mail";

    /// <summary>How long a note that a password changed is worth sending.</summary>
    private static readonly TimeSpan NoteLifetime = TimeSpan.FromDays(3);

    private readonly AttemptLimiter _resets = new(TimeSpan.FromHours(1), TimeSpan.FromHours(1), clock);

    /// <summary>Sets a new password for who just proved the present one. All other sessions end.</summary>
    public async Task<AccountResult> ChangeAsync(LiveSession live, string password, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (rules.FindFaults(password, live.User) is { Count: > 0 } faults)
        {
            return AccountResult.Refused(faults);
        }

        await AuditAsync(live.User, ByPerson, cancellationToken);
        var user = await context.Users.SingleAsync(u => u.Id == live.User.Id, cancellationToken);
        return await SetAsync(context, user, password, ByPerson, live.Session.Id, cancellationToken);
    }

    /// <summary>
    /// Asks for a link to a new password. For every address the same row is written, and only its delivery looks whether it
    /// has an account: neither the answer nor its time says so. False when the address was asked for too often.
    /// </summary>
    public async Task<bool> RequestResetAsync(string email, CancellationToken cancellationToken)
    {
        email = email.Trim();
        if (!EmailAddress.IsValid(email))
        {
            return true; // It can have no account.
        }

        if (_resets.Count(builder.Normalize(email), LoginLimits.ResetsPerHour) is not null)
        {
            return false;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        mails.Add(context, MailKind.PasswordReset, email, null, options.ResetLifetime);
        await context.SaveChangesAsync(cancellationToken);
        mails.Announce();
        return true;
    }

    /// <summary>The account whose password a link may set, or null when it may set none now.</summary>
    public async Task<User?> FindByLinkAsync(string? token, CancellationToken cancellationToken)
    {
        if (await links.FindAsync(token, OpaqueToken.ResetPrefix, cancellationToken) is not { } link)
        {
            return null;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var user = await context.Users.AsNoTracking().FirstOrDefaultAsync(
            u => u.Id == link.UserId && u.NormalizedEmail == link.NormalizedEmail && !u.IsDisabled, cancellationToken);

        // Who has to sign in at a provider gets no other way in, not by a link that was sent before either.
        return user is null || await SsoQuery.RequiredOf(context, user.Id).AnyAsync(cancellationToken) ? null : user;
    }

    /// <summary>
    /// Sets a new password by a link, which is used up. All sessions end. Second factors, keys and tokens stay as they are, unless the
    /// link is the first proof of the address: what was there before may be somebody else's then, and goes.
    /// </summary>
    public async Task<AccountResult> ResetAsync(string? token, string password, CancellationToken cancellationToken)
    {
        if (await links.FindAsync(token, OpaqueToken.ResetPrefix, cancellationToken) is not { } link
            || await FindByLinkAsync(token, cancellationToken) is not { } found)
        {
            return AccountResult.Refused(UsedUp);
        }

        if (rules.FindFaults(password, found) is { Count: > 0 } faults)
        {
            return AccountResult.Refused(faults);
        }

        await AuditAsync(found, ByMail, cancellationToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (!await MailLinks.UseAsync(context, link, cancellationToken))
        {
            return AccountResult.Refused(UsedUp);
        }

        var user = await context.Users.SingleAsync(u => u.Id == found.Id, cancellationToken);
        if (!user.EmailConfirmed)
        {
            user.EmailConfirmed = true; // The link was in the mailbox.
            await unproved.ClearAsync(context, user, user.Id.ToString(), keptSession: null, cancellationToken);
        }

        return await SetAsync(context, user, password, ByMail, null, cancellationToken);
    }

    /// <summary>
    /// Whether a passkey may take the place of the password by a link. Not where there is a second factor that counts: a passkey is two
    /// factors in one, and whoever reads the mailbox must not get around the one that is there.
    /// </summary>
    public static bool MayUsePasskey(User user) => !user.TwoFactorEnabled || !user.EmailConfirmed;

    /// <summary>Makes a passkey the way into an account, in place of its password, by a link, which is used up. All sessions end.</summary>
    public async Task<AccountResult> ReplaceByPasskeyAsync(string? token, FirstPasskey passkey, CancellationToken cancellationToken)
    {
        if (await links.FindAsync(token, OpaqueToken.ResetPrefix, cancellationToken) is not { } link
            || await FindByLinkAsync(token, cancellationToken) is not { } found || found.Id != passkey.UserId)
        {
            return AccountResult.Refused(UsedUp);
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var user = await context.Users.SingleAsync(u => u.Id == found.Id, cancellationToken);
        if (!MayUsePasskey(user) || !await MailLinks.UseAsync(context, link, cancellationToken))
        {
            return AccountResult.Refused(UsedUp);
        }

        var now = clock.GetUtcNow();
        try
        {
            if (!user.EmailConfirmed)
            {
                user.EmailConfirmed = true;
                await unproved.ClearAsync(context, user, user.Id.ToString(), keptSession: null, cancellationToken);
            }

            passkey.OpenAccount(context, user, now);
            context.Add(new AuditEvent { At = now, Actor = user.Id.ToString(), Action = "password.removed", Subject = user.Id.ToString(), Detail = "a passkey in its place, by mail" });
            await notices.AddAsync(context, user.Id, AccountChange.PasskeyAdded, cancellationToken);
            await context.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            return AccountResult.Refused("The account was changed at the same moment; nothing was done. Try again.");
        }

        await sessions.EndAllAsync(context, user.Id, except: null, SessionEnd.PasswordChanged, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        mails.Announce();
        log.PasswordSet(user.Id, ByMail);
        return AccountResult.Done(user);
    }

    // Before the transaction: SQLite has one writer, and the trail writes by a connection of its own.
    private Task AuditAsync(User user, string how, CancellationToken cancellationToken) =>
        audit.WriteAsync(user.Id.ToString(), "password.set", user.Id.ToString(), null, how, cancellationToken);

    private async Task<AccountResult> SetAsync(
        DirectoryContext context, User user, string password, string how, Guid? keptSession, CancellationToken cancellationToken)
    {
        await using var transaction = context.Database.CurrentTransaction ?? await context.Database.BeginTransactionAsync(cancellationToken);
        builder.SetPassword(user, password);
        mails.Add(context, MailKind.PasswordChanged, user.Email!, user.Id, NoteLifetime);
        try
        {
            await context.SaveChangesAsync(cancellationToken);
            await sessions.EndAllAsync(context, user.Id, keptSession, SessionEnd.PasswordChanged, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            return AccountResult.Refused("The account was changed at the same moment; nothing was done. Try again.");
        }

        mails.Announce();
        log.PasswordSet(user.Id, how);
        return AccountResult.Done(user);
    }
}
