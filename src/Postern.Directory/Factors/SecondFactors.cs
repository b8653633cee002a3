using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;

namespace Postern.Directory.Factors;

/// <summary>
/// Checks the codes of second factors for every door: the pages and the gateway. A try is charged to the account in the
/// database before the code is looked at, and the database decides who was first to use one, so neither many servers nor
/// many tries at once change what <see cref="FactorLimits"/> allows. A browser that the person signed in with before has a
/// count of its own, so that nobody else's tries keep them out there. Safe for use by many threads.
/// </summary>
public sealed class SecondFactors(IDbContextFactory<DirectoryContext> contexts, FactorProtection protection, TimeProvider clock)
{
    /// <summary>Whether the account has an authenticator app, so that asking for a code makes sense.</summary>
    public async Task<bool> HasAuthenticatorAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.AuthenticatorApps.AnyAsync(app => app.UserId == userId, cancellationToken);
    }

    /// <summary>Checks a code of the account's app where no browser has a count of its own.</summary>
    /// <exception cref="CryptographicException">The stored secret cannot be decrypted; the message says what to do.</exception>
    public Task<CodeCheck> VerifyTotpAsync(Guid userId, string typed, CancellationToken cancellationToken) =>
        VerifyTotpAsync(userId, typed, "", cancellationToken);

    /// <summary>
    /// Checks a code of the account's authenticator app (RFC 6238). Each time step counts once. Text that is no code at all,
    /// however long, is wrong and costs no try.
    /// </summary>
    /// <param name="userId">Whose code.</param>
    /// <param name="typed">What was typed.</param>
    /// <param name="browser">The browser whose tries are counted by themselves, or empty (<see cref="FactorAttempts.Browser"/>).</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CryptographicException">The stored secret cannot be decrypted; the message says what to do.</exception>
    public async Task<CodeCheck> VerifyTotpAsync(Guid userId, string typed, string browser, CancellationToken cancellationToken)
    {
        if (Totp.Normalize(typed) is not { } code)
        {
            return new CodeCheck(CodeVerdict.Wrong, TimeSpan.Zero);
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var app = await context.AuthenticatorApps.AsNoTracking().FirstOrDefaultAsync(row => row.UserId == userId, cancellationToken);
        if (app is null)
        {
            return new CodeCheck(CodeVerdict.Wrong, TimeSpan.Zero);
        }

        if (await ChargeAsync(context, userId, browser, cancellationToken) is { } locked)
        {
            return locked;
        }

        var now = clock.GetUtcNow();
        if (FindStep(app, code, now) is not { } step)
        {
            return await RefuseAsync(context, userId, browser, CodeVerdict.Wrong, cancellationToken);
        }

        var isFirst = await context.AuthenticatorApps
            .Where(row => row.UserId == userId && row.CreatedAt == app.CreatedAt && row.LastStep < step)
            .ExecuteUpdateAsync(
                row => row.SetProperty(a => a.LastStep, step).SetProperty(a => a.LastUsedAt, now), cancellationToken) == 1;
        return isFirst
            ? await AcceptAsync(context, userId, browser, cancellationToken)
            : await RefuseAsync(context, userId, browser, CodeVerdict.AlreadyUsed, cancellationToken);
    }

    /// <summary>Uses up a recovery code where no browser has a count of its own.</summary>
    public Task<CodeCheck> UseRecoveryCodeAsync(Guid userId, string typed, CancellationToken cancellationToken) =>
        UseRecoveryCodeAsync(userId, typed, "", cancellationToken);

    /// <summary>Uses up one of the account's recovery codes. Text that is no recovery code at all is wrong and costs no try.</summary>
    /// <param name="userId">Whose code.</param>
    /// <param name="typed">What was typed.</param>
    /// <param name="browser">The browser whose tries are counted by themselves, or empty (<see cref="FactorAttempts.Browser"/>).</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<CodeCheck> UseRecoveryCodeAsync(Guid userId, string typed, string browser, CancellationToken cancellationToken)
    {
        if (RecoveryCodes.Normalize(typed) is not { } code)
        {
            return new CodeCheck(CodeVerdict.Wrong, TimeSpan.Zero);
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await ChargeAsync(context, userId, browser, cancellationToken) is { } locked)
        {
            return locked;
        }

        var hash = protection.HashRecoveryCode(userId, code);
        var now = clock.GetUtcNow();
        var isFirst = await context.RecoveryCodes
            .Where(row => row.CodeHash == hash && row.UserId == userId && row.UsedAt == null)
            .ExecuteUpdateAsync(row => row.SetProperty(c => c.UsedAt, now), cancellationToken) == 1;
        if (isFirst)
        {
            return await AcceptAsync(context, userId, browser, cancellationToken);
        }

        var isKnown = await context.RecoveryCodes.AnyAsync(row => row.CodeHash == hash && row.UserId == userId, cancellationToken);
        return await RefuseAsync(context, userId, browser, isKnown ? CodeVerdict.AlreadyUsed : CodeVerdict.Wrong, cancellationToken);
    }

    private long? FindStep(AuthenticatorApp app, string code, DateTimeOffset now)
    {
        var secret = protection.Unprotect(app.UserId, app.ProtectedSecret);
        try
        {
            return Totp.FindStep(secret, code, now);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }

    // Counts the try as wrong until it proves otherwise, and locks at once when it is the last of its row: of tries sent
    // together no more are looked at than of tries sent one by one. Null when the code may be looked at.
    private async Task<CodeCheck?> ChargeAsync(DirectoryContext context, Guid userId, string browser, CancellationToken cancellationToken)
    {
        while (true)
        {
            var now = clock.GetUtcNow();
            var row = await context.FactorAttempts.AsNoTracking().FirstOrDefaultAsync(r => r.UserId == userId && r.Browser == browser, cancellationToken);
            if (row is null)
            {
                await context.Database.ExecuteSqlAsync(
                    $"INSERT INTO factor_attempts (user_id, browser, failed) VALUES ({userId}, {browser}, 0) ON CONFLICT DO NOTHING", cancellationToken);
                continue;
            }

            if (row.LockedUntil is { } end && end > now)
            {
                return new CodeCheck(CodeVerdict.Locked, end - now);
            }

            var tries = row.Failed + 1;
            DateTimeOffset? until = now + FactorLimits.LockAfter(tries);
            var isCharged = await context.FactorAttempts
                .Where(r => r.UserId == userId && r.Browser == browser && r.Failed == row.Failed)
                .ExecuteUpdateAsync(
                    r => r.SetProperty(a => a.Failed, tries).SetProperty(a => a.LockedUntil, until), cancellationToken) == 1;
            if (isCharged)
            {
                return null;
            }

            // Another try was charged meanwhile. Every turn that is lost here is a try that counted, so this ends at a lock.
        }
    }

    private static async Task<CodeCheck> AcceptAsync(DirectoryContext context, Guid userId, string browser, CancellationToken cancellationToken)
    {
        var counts = context.FactorAttempts.Where(row => row.UserId == userId && row.Browser == browser);
        if (browser.Length > 0)
        {
            await counts.ExecuteDeleteAsync(cancellationToken); // A row for each browser there ever was would never end.
        }
        else
        {
            await counts.ExecuteUpdateAsync(
                row => row.SetProperty(a => a.Failed, 0).SetProperty(a => a.LockedUntil, (DateTimeOffset?)null), cancellationToken);
        }

        return new CodeCheck(CodeVerdict.Accepted, TimeSpan.Zero);
    }

    private async Task<CodeCheck> RefuseAsync(
        DirectoryContext context, Guid userId, string browser, CodeVerdict verdict, CancellationToken cancellationToken)
    {
        var end = await context.FactorAttempts.Where(row => row.UserId == userId && row.Browser == browser).Select(row => row.LockedUntil).FirstOrDefaultAsync(cancellationToken);
        var wait = end - clock.GetUtcNow();
        return new CodeCheck(verdict, wait > TimeSpan.Zero ? wait.Value : TimeSpan.Zero);
    }
}
