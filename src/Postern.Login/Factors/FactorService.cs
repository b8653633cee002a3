using System.Buffers.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Audit;
using Postern.Directory.Factors;
using Postern.Directory.People;
using Postern.Directory.Storage;
using Postern.Login.Mail;
using Postern.Login.Sessions;

namespace Postern.Login.Factors;

/// <summary>
/// Looks after the second factors of accounts. Every change is in the audit trail by the same transaction. Who may ask for it,
/// and how recently they proved who they are, is for the caller to decide.
/// </summary>
public sealed class FactorService
{
    /// <summary>A note that comes later than this is of no use any more.</summary>
    private static readonly TimeSpan NoteLifetime = TimeSpan.FromDays(3);

    private readonly IDbContextFactory<DirectoryContext> _contexts;
    private readonly FactorProtection _protection;
    private readonly SessionStore _sessions;
    private readonly MailQueue _mails;
    private readonly IAccountNotices _notices;
    private readonly TimeProvider _clock;

    internal FactorService(
        IDbContextFactory<DirectoryContext> contexts,
        FactorProtection protection,
        SessionStore sessions,
        MailQueue mails,
        IAccountNotices notices,
        TimeProvider clock)
    {
        _contexts = contexts;
        _protection = protection;
        _sessions = sessions;
        _mails = mails;
        _notices = notices;
        _clock = clock;
    }

    /// <summary>What the account has.</summary>
    public async Task<FactorStatus> GetStatusAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        return await GetStatusAsync(context, userId, cancellationToken);
    }

    private static async Task<FactorStatus> GetStatusAsync(DirectoryContext context, Guid userId, CancellationToken cancellationToken)
    {
        var passkeys = await context.Set<IdentityUserPasskey<Guid>>().AsNoTracking()
            .Where(row => row.UserId == userId)
            .Select(row => new { Passkey = row, LastUsedAt = EF.Property<DateTimeOffset?>(row, "LastUsedAt") })
            .ToListAsync(cancellationToken);
        return new FactorStatus
        {
            Authenticator = await context.AuthenticatorApps.AsNoTracking().FirstOrDefaultAsync(app => app.UserId == userId, cancellationToken),
            Passkeys = [.. passkeys.Select(row => Summary(row.Passkey, row.LastUsedAt)).OrderBy(passkey => passkey.CreatedAt)],
            RecoveryCodesLeft = await context.RecoveryCodes.CountAsync(code => code.UserId == userId && code.UsedAt == null, cancellationToken),
        };
    }

    /// <summary>
    /// The name of an organization that asks the person for a second factor, or null: they own it, belong to it, or have a
    /// role on one of its projects.
    /// </summary>
    public async Task<string?> FindRequirementAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        return await context.Organizations
            .Where(organization => organization.RequiresMfa
                && (organization.OwnerId == userId
                    || context.OrganizationMembers.Any(m => m.OrganizationId == organization.Id && m.UserId == userId)
                    || context.ProjectMembers.Any(m => m.UserId == userId
                        && context.Projects.Any(p => p.Id == m.ProjectId && p.OrganizationId == organization.Id))))
            .OrderBy(organization => organization.Label)
            .Select(organization => organization.Label)
            .FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>
    /// Removes every factor and recovery code of an account, unlocks its codes and ends all its sessions: the person signs in
    /// with the password alone and sets up anew, and hears of it by mail. API tokens that were made with MFA stay, and no longer
    /// count as it. False when there is no such account.
    /// </summary>
    /// <param name="actor">Who does it: a user id, or the name of an operator command. It goes into the audit trail.</param>
    /// <param name="userId">The account.</param>
    /// <param name="cancellationToken">Ends the work; what was done by then stays done.</param>
    public async Task<bool> ResetAsync(string actor, Guid userId, CancellationToken cancellationToken)
    {
        await using (var context = await _contexts.CreateDbContextAsync(cancellationToken))
        {
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
            if (!await ResetAsync(context, actor, userId, cancellationToken))
            {
                return false;
            }

            await transaction.CommitAsync(cancellationToken);
        }

        AnnounceReset();
        return true;
    }

    /// <summary>The same inside a caller's transaction. Who commits it calls <see cref="AnnounceReset"/>.</summary>
    internal async Task<bool> ResetAsync(DirectoryContext context, string actor, Guid userId, CancellationToken cancellationToken)
    {
        if (await context.Users.FirstOrDefaultAsync(u => u.Id == userId, cancellationToken) is not { } user)
        {
            return false;
        }

        Touch(user, hasFactor: false);
        context.Add(Record(actor, FactorAction.Reset, userId));
        if (user.Email is { } email)
        {
            _mails.Add(context, MailKind.FactorsReset, email, userId, NoteLifetime);
        }

        await context.SaveChangesAsync(cancellationToken);
        await RemoveAppAsync(context, userId, cancellationToken);
        await context.Set<IdentityUserPasskey<Guid>>().Where(row => row.UserId == userId).ExecuteDeleteAsync(cancellationToken);
        await context.RecoveryCodes.Where(row => row.UserId == userId).ExecuteDeleteAsync(cancellationToken);
        await context.FactorAttempts.Where(row => row.UserId == userId).ExecuteDeleteAsync(cancellationToken);
        await ForgetMfaAsync(context, userId, cancellationToken);
        await _sessions.EndAllAsync(context, userId, except: null, SessionEnd.FactorsReset, cancellationToken);
        return true;
    }

    /// <summary>Lets the mail about a reset that is committed go out at once.</summary>
    internal void AnnounceReset() => _mails.Announce();

    /// <summary>Stores a new app whose first code was checked. False when the account has one already.</summary>
    internal async Task<bool> AddAuthenticatorAsync(Guid userId, byte[] secret, long step, CancellationToken cancellationToken)
    {
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        if (await context.AuthenticatorApps.AnyAsync(row => row.UserId == userId, cancellationToken))
        {
            return false;
        }

        var now = _clock.GetUtcNow();
        context.Add(new AuthenticatorApp
        {
            UserId = userId,
            ProtectedSecret = _protection.Protect(userId, secret),
            CreatedAt = now,
            LastUsedAt = now,
            LastStep = step,
        });
        context.Add(Record(userId.ToString(), FactorAction.AuthenticatorAdded, userId));
        Touch(await context.Users.FirstAsync(u => u.Id == userId, cancellationToken), hasFactor: true);
        await _notices.AddAsync(context, userId, AccountChange.AuthenticatorAdded, cancellationToken);
        try
        {
            await context.SaveChangesAsync(cancellationToken);
            return true;
        }
        catch (DbUpdateException)
        {
            return false; // Another page was faster.
        }
    }

    /// <summary>
    /// Removes the app and ends every session but this one. Refused with a sentence when it is the last factor and an
    /// organization asks for one; null when it is gone.
    /// </summary>
    internal Task<string?> RemoveAuthenticatorAsync(Guid userId, Guid thisSession, CancellationToken cancellationToken) =>
        RemoveAsync(
            userId,
            thisSession,
            FactorAction.AuthenticatorRemoved,
            AccountChange.AuthenticatorRemoved,
            "authenticator app",
            status => status.Authenticator is not null,
            context => RemoveAppAsync(context, userId, cancellationToken),
            cancellationToken);

    /// <summary>The same for a passkey.</summary>
    internal Task<string?> RemovePasskeyAsync(Guid userId, Guid thisSession, string passkeyId, CancellationToken cancellationToken)
    {
        var credentialId = Base64Url.DecodeFromChars(passkeyId);
        return RemoveAsync(
            userId,
            thisSession,
            FactorAction.PasskeyRemoved,
            AccountChange.PasskeyRemoved,
            passkeyId,
            status => status.Passkeys.Any(passkey => passkey.Id == passkeyId),
            context => context.Set<IdentityUserPasskey<Guid>>()
                .Where(row => row.UserId == userId && row.CredentialId == credentialId).ExecuteDeleteAsync(cancellationToken),
            cancellationToken);
    }

    /// <summary>Replaces the recovery codes by new ones, which are in the answer and nowhere else.</summary>
    internal async Task<IReadOnlyList<string>> RenewRecoveryCodesAsync(Guid userId, CancellationToken cancellationToken)
    {
        var codes = Enumerable.Range(0, RecoveryCodes.Count).Select(_ => RecoveryCodes.Create()).ToList();
        var now = _clock.GetUtcNow();
        await using var context = await _contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        if (await context.RecoveryCodes.Where(row => row.UserId == userId).ExecuteDeleteAsync(cancellationToken) > 0)
        {
            // Not of the first ones, which come with the first factor.
            await _notices.AddAsync(context, userId, AccountChange.RecoveryCodesMade, cancellationToken);
        }

        context.AddRange(codes.Select(code => new RecoveryCode
        {
            CodeHash = _protection.HashRecoveryCode(userId, code),
            UserId = userId,
            CreatedAt = now,
        }));
        context.Add(Record(userId.ToString(), FactorAction.RecoveryCodesMade, userId));
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return codes;
    }

    private async Task<string?> RemoveAsync(
        Guid userId,
        Guid thisSession,
        string action,
        string change,
        string what,
        Func<FactorStatus, bool> isThere,
        Func<DirectoryContext, Task<int>> delete,
        CancellationToken cancellationToken)
    {
        var organization = await FindRequirementAsync(userId, cancellationToken);
        await using (var context = await _contexts.CreateDbContextAsync(cancellationToken))
        {
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);

            // Read before what follows and written after it: of two removals at once, one finds the stamp changed.
            var user = await context.Users.FirstAsync(u => u.Id == userId, cancellationToken);
            var status = await GetStatusAsync(context, userId, cancellationToken);
            if (!isThere(status))
            {
                return null;
            }

            var isLast = status.Count == 1;
            if (isLast && organization is not null)
            {
                return $"{organization} asks its people for multi-factor authentication, so the last factor stays. Add another one first.";
            }

            Touch(user, hasFactor: !isLast);
            context.Add(Record(userId.ToString(), action, userId, what));
            await _notices.AddAsync(context, userId, change, cancellationToken);
            try
            {
                await context.SaveChangesAsync(cancellationToken);
            }
            catch (DbUpdateConcurrencyException)
            {
                return "Your account was changed somewhere else at the same moment. Look at what is there now, and try again.";
            }

            await delete(context);
            if (isLast)
            {
                await context.RecoveryCodes.Where(row => row.UserId == userId).ExecuteDeleteAsync(cancellationToken);
                await ForgetMfaAsync(context, userId, cancellationToken);
            }

            await _sessions.EndAllAsync(context, userId, thisSession, SessionEnd.FactorRemoved, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        return null;
    }

    // Through the change tracker, because that is what tells the change feed: codes typed inside ssh rest on the app.
    private static async Task<int> RemoveAppAsync(DirectoryContext context, Guid userId, CancellationToken cancellationToken)
    {
        context.RemoveRange(await context.AuthenticatorApps.Where(row => row.UserId == userId).ToListAsync(cancellationToken));
        return await context.SaveChangesAsync(cancellationToken);
    }

    // Without a factor nothing of the account counts as MFA any more: not its API tokens, and not the session that stays, or it
    // would make new ones. By the change tracker as well.
    private static async Task ForgetMfaAsync(DirectoryContext context, Guid userId, CancellationToken cancellationToken)
    {
        foreach (var token in await context.ApiTokens.Where(t => t.UserId == userId && t.HadMfaAtCreation).ToListAsync(cancellationToken))
        {
            token.HadMfaAtCreation = false;
        }

        foreach (var session in await context.Sessions.Where(s => s.UserId == userId && s.RevokedAt == null).ToListAsync(cancellationToken))
        {
            session.Amr = AuthenticationMethods.WithoutMfa(session.Amr);
        }

        await context.SaveChangesAsync(cancellationToken);
    }

    private AuditEvent Record(string actor, string action, Guid userId, string? detail = null) =>
        new() { At = _clock.GetUtcNow(), Actor = actor, Action = action, Subject = userId.ToString(), Detail = detail };

    // The new stamps make whoever read the account before, and writes it after, fail instead of undoing this, and end every
    // sign-in that began before: what is asked of it may be more now.
    private void Touch(User user, bool hasFactor)
    {
        user.TwoFactorEnabled = hasFactor;
        user.SecurityStamp = Guid.NewGuid().ToString("N");
        user.ConcurrencyStamp = Guid.NewGuid().ToString();
        user.UpdatedAt = _clock.GetUtcNow();
    }

    private static PasskeySummary Summary(IdentityUserPasskey<Guid> row, DateTimeOffset? lastUsedAt) => new(
        Base64Url.EncodeToString(row.CredentialId), row.Data.Name ?? "Passkey", row.Data.CreatedAt, lastUsedAt, row.Data.IsBackupEligible);
}
