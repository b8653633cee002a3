using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.People;
using Postern.Directory.SingleSignOn;
using Postern.Directory.Storage;
using Postern.Login.Sessions;

namespace Postern.Login.Accounts;

/// <summary>
/// Checks an e-mail address and a password. An attempt is charged in the database before the password is looked at, so that
/// guesses sent at once count like guesses sent one by one; an unknown address costs the same time and meets the same limits.
/// </summary>
internal sealed class PasswordSignIn(
    IDbContextFactory<DirectoryContext> contexts,
    IPasswordHasher<User> hasher,
    ILookupNormalizer normalizer,
    LoginOptions options,
    TimeProvider clock,
    ILogger<PasswordSignIn> log)
{
    private static readonly User Nobody = new();

    private readonly AttemptLimiter _addresses = new(options.AttemptWindow, options.AttemptWindow, clock);
    private readonly AttemptLimiter _names = new(options.AttemptWindow, options.AttemptWindow, clock);

    /// <summary>Stands in for the failure count that an unknown address has no row for.</summary>
    private readonly AttemptLimiter _unknownNames = new(TimeSpan.FromDays(1), options.LockoutDuration, clock);

    private readonly string _nobodysHash = hasher.HashPassword(Nobody, Guid.NewGuid().ToString());

    public async Task<SignInOutcome> AttemptAsync(
        string email, string password, string countedAddress, RequestOrigin origin, CancellationToken cancellationToken)
    {
        var name = normalizer.NormalizeEmail(email.Trim()) ?? "";
        if (CheckRate(name, countedAddress) is { } wait)
        {
            log.TooManyAttempts(origin.Address);
            return SignInOutcome.TooMany(wait);
        }

        if (name.Length is 0 or > LoginLimits.Email || password.Length > LoginLimits.Password)
        {
            return SignInOutcome.WrongCredentials;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var user = await context.Users.AsNoTracking().FirstOrDefaultAsync(u => u.NormalizedEmail == name, cancellationToken);
        if (user?.PasswordHash is null)
        {
            return await RefuseUnknownAsync(context, name, password, origin, cancellationToken);
        }

        if (!await ChargeAsync(context, user.Id, cancellationToken))
        {
            hasher.VerifyHashedPassword(Nobody, _nobodysHash, password);
            return await RefuseKnownAsync(context, user.Id, origin, cancellationToken);
        }

        var verdict = hasher.VerifyHashedPassword(user, user.PasswordHash, password);
        if (verdict == PasswordVerificationResult.Failed)
        {
            log.SignInRefused(user.Id, origin.Address, "wrong password");
            return await RefuseKnownAsync(context, user.Id, origin, cancellationToken);
        }

        _names.Reset(name);
        await AcceptAsync(context, user, verdict, password, cancellationToken);
        if (user.IsDisabled)
        {
            log.SignInRefused(user.Id, origin.Address, "account disabled");
            return SignInOutcome.Disabled;
        }

        if (await SsoQuery.RequiredOf(context, user.Id).AnyAsync(cancellationToken))
        {
            log.SignInRefused(user.Id, origin.Address, "single sign-on required");
            return SignInOutcome.SsoRequired;
        }

        return SignInOutcome.Accepted(user);
    }

    private TimeSpan? CheckRate(string name, string countedAddress) =>
        _addresses.Count(countedAddress, options.AttemptsPerAddress)
        ?? _names.Count(name.Length > LoginLimits.Email ? "" : name, options.AttemptsPerAccount);

    /// <summary>The work of a known address step by step, the write included, so that the time tells nobody which addresses there are.</summary>
    private async Task<SignInOutcome> RefuseUnknownAsync(
        DirectoryContext context, string name, string password, RequestOrigin origin, CancellationToken cancellationToken)
    {
        var outcome = _unknownNames.Count(name, options.LockoutThreshold - 1) is { } wait
            ? SignInOutcome.TooMany(wait)
            : SignInOutcome.WrongCredentials;
        if (outcome == SignInOutcome.WrongCredentials)
        {
            await PretendToChargeAsync(context, cancellationToken);
        }
        else
        {
            await ChargeAsync(context, Guid.Empty, cancellationToken); // As with a locked account, no row.
        }

        hasher.VerifyHashedPassword(Nobody, _nobodysHash, password);
        log.SignInRefused(null, origin.Address, "unknown account");
        await RefuseKnownAsync(context, Guid.Empty, origin, cancellationToken);
        return outcome;
    }

    /// <summary>Writes a row of somebody without changing it, which costs the database what a charge does.</summary>
    private static Task PretendToChargeAsync(DirectoryContext context, CancellationToken cancellationToken) => context.Users
        .Where(u => u.Id == context.Users.OrderBy(x => x.Id).Select(x => x.Id).First())
        .ExecuteUpdateAsync(row => row.SetProperty(u => u.AccessFailedCount, u => u.AccessFailedCount + 0), cancellationToken);

    /// <summary>Counts the attempt as failed until it proves otherwise. False when the account is locked.</summary>
    private async Task<bool> ChargeAsync(DirectoryContext context, Guid userId, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var rows = await context.Users
            .Where(u => u.Id == userId && u.AccessFailedCount < options.LockoutThreshold && (u.LockoutEnd == null || u.LockoutEnd <= now))
            .ExecuteUpdateAsync(row => row.SetProperty(u => u.AccessFailedCount, u => u.AccessFailedCount + 1), cancellationToken);
        return rows == 1;
    }

    /// <summary>Locks the account if its count is full, and says whether and for how long it is locked.</summary>
    private async Task<SignInOutcome> RefuseKnownAsync(
        DirectoryContext context, Guid userId, RequestOrigin origin, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        DateTimeOffset? until = now + options.LockoutDuration;
        var locked = await context.Users
            .Where(u => u.Id == userId && u.AccessFailedCount >= options.LockoutThreshold && (u.LockoutEnd == null || u.LockoutEnd <= now))
            .ExecuteUpdateAsync(
                row => row.SetProperty(u => u.LockoutEnd, until).SetProperty(u => u.AccessFailedCount, 0), cancellationToken);
        if (locked == 1)
        {
            log.AccountLocked(userId, until.Value, origin.Address);
        }

        var end = await context.Users.Where(u => u.Id == userId).Select(u => u.LockoutEnd).FirstOrDefaultAsync(cancellationToken);
        return end > now ? SignInOutcome.TooMany(end.Value - now) : SignInOutcome.WrongCredentials;
    }

    private async Task AcceptAsync(
        DirectoryContext context, User user, PasswordVerificationResult verdict, string password, CancellationToken cancellationToken)
    {
        await context.Users.Where(u => u.Id == user.Id).ExecuteUpdateAsync(
            row => row.SetProperty(u => u.AccessFailedCount, 0).SetProperty(u => u.LockoutEnd, (DateTimeOffset?)null),
            cancellationToken);
        if (verdict == PasswordVerificationResult.SuccessRehashNeeded)
        {
            // Only over the hash that was checked: the password may be changing at this moment.
            var hash = hasher.HashPassword(user, password);
            await context.Users.Where(u => u.Id == user.Id && u.PasswordHash == user.PasswordHash).ExecuteUpdateAsync(
                row => row.SetProperty(u => u.PasswordHash, hash), cancellationToken);
        }
    }
}
