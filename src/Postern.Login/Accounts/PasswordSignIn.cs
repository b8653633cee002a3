using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.People;
using Postern.Directory.SingleSignOn;
using Postern.Directory.Storage;
using Postern.Login.Sessions;

namespace Postern.Login.Accounts;

/// <summary>
/// Checks an e-mail address and a password. An attempt is charged in the database before the password is looked at, so that
/// guesses sent at once count like guesses sent one by one; an unknown address goes the very same way. A browser that signed
/// in to the account before, or is signed in now, is counted by itself: strangers lock the account for strangers only.
/// </summary>
internal sealed class PasswordSignIn(
    IDbContextFactory<DirectoryContext> contexts,
    IPasswordHasher<User> hasher,
    ILookupNormalizer normalizer,
    SignInCounts counts,
    PasswordWork work,
    KnownBrowsers browsers,
    RefusedSignIns refused,
    LoginMetrics metrics,
    LoginOptions options,
    TimeProvider clock,
    ILogger<PasswordSignIn> log)
{
    private static readonly User Nobody = new();

    private readonly AttemptLimiter _networks = new(options.AttemptWindow, options.AttemptWindow, clock);
    private readonly AttemptLimiter _addresses = new(options.AttemptWindow, options.AttemptWindow, clock);
    private readonly AttemptLimiter _names = new(options.AttemptWindow, options.AttemptWindow, clock);

    private readonly string _nobodysHash = hasher.HashPassword(Nobody, Guid.NewGuid().ToString());

    /// <summary>An attempt that came with a request, after the browser's session was looked up.</summary>
    public Task<SignInOutcome> AttemptAsync(HttpContext context, string email, string password) =>
        AttemptAsync(email, password, browsers.SourceOf(context), context.RequestAborted);

    public async Task<SignInOutcome> AttemptAsync(string email, string password, AttemptSource source, CancellationToken cancellationToken)
    {
        // A browser that may have a count of its own is not kept out by what its neighbours do.
        if (!source.Browser.MayBeKnown && CountSource(source) is { } wait)
        {
            return wait;
        }

        // No account can have such an address or password, and a database may not take it as text.
        if (password.Length > LoginLimits.Password || Normalize(email) is not { } name)
        {
            return SignInOutcome.WrongCredentials;
        }

        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var user = await context.Users.AsNoTracking().FirstOrDefaultAsync(u => u.NormalizedEmail == name, cancellationToken);
        var own = user is null ? null : source.Browser.CountFor(user);
        if (own is null && source.Browser.MayBeKnown && CountSource(source) is { } late)
        {
            return late;
        }

        var key = own is null ? counts.KeyOf(name, user) : counts.KeyOf(user!.Id, own);
        if (_names.Count(key, options.AttemptsPerAccount) is { } rest)
        {
            return TooMany(source, LoginMetrics.Account, rest);
        }

        using var turn = await work.EnterAsync(isKnown: own is not null, cancellationToken);
        if (turn is null)
        {
            return TooMany(source, LoginMetrics.Busy, PasswordWork.Wait);
        }

        var (mayTry, locked) = await counts.ChargeAsync(context, key, cancellationToken);
        if (!mayTry)
        {
            return TooMany(source, LoginMetrics.Locked, locked);
        }

        var hash = user?.PasswordHash;
        var verdict = hasher.VerifyHashedPassword(hash is null ? Nobody : user!, hash ?? _nobodysHash, password);
        if (hash is null || verdict == PasswordVerificationResult.Failed)
        {
            return await RefuseAsync(user, source, locked, cancellationToken);
        }

        _names.Reset(key);
        await (own is null ? counts.RefundAsync(context, key, cancellationToken) : SignInCounts.ForgetAsync(context, key, cancellationToken));
        if (verdict == PasswordVerificationResult.SuccessRehashNeeded)
        {
            await RehashAsync(context, user!, password, cancellationToken);
        }

        if (user!.IsDisabled)
        {
            log.SignInRefused(user.Id, source.Origin.Address, "account disabled");
            await refused.NoteAsync(user.Id, source.Origin, "account disabled", cancellationToken);
            return SignInOutcome.Disabled;
        }

        if (await SsoQuery.RequiredOf(context, user.Id).AnyAsync(cancellationToken))
        {
            log.SignInRefused(user.Id, source.Origin.Address, "single sign-on required");
            await refused.NoteAsync(user.Id, source.Origin, "single sign-on required", cancellationToken);
            return SignInOutcome.SsoRequired;
        }

        return SignInOutcome.Accepted(user);
    }

    private string? Normalize(string email)
    {
        email = email.Trim();
        return email.Length is > 0 and <= LoginLimits.Email && !email.Any(c => char.IsControl(c) || char.IsSurrogate(c))
            && normalizer.NormalizeEmail(email) is { Length: <= LoginLimits.Email } name ? name : null;
    }

    // The wider network first: it must not be able to fill the table of addresses.
    private SignInOutcome? CountSource(AttemptSource source)
    {
        if (source.Network is { } network && _networks.Count(network, options.AttemptsPerAddress * LoginLimits.NetworkFactor) is { } wait)
        {
            return TooMany(source, LoginMetrics.Network, wait);
        }

        return _addresses.Count(source.Address, options.AttemptsPerAddress) is { } rest ? TooMany(source, LoginMetrics.Address, rest) : null;
    }

    private SignInOutcome TooMany(AttemptSource source, string limit, TimeSpan wait)
    {
        metrics.Refused(limit);
        log.TooManyAttempts(source.Origin.Address);
        return SignInOutcome.TooMany(wait);
    }

    private async Task<SignInOutcome> RefuseAsync(User? user, AttemptSource source, TimeSpan locked, CancellationToken cancellationToken)
    {
        await refused.NoteAsync(user?.Id, source.Origin, locked == TimeSpan.Zero ? "wrong password" : "wrong password, and locked", cancellationToken);
        log.SignInRefused(user?.Id, source.Origin.Address, user is null ? "unknown account" : "wrong password");
        if (locked == TimeSpan.Zero)
        {
            return SignInOutcome.WrongCredentials;
        }

        log.SignInLocked(user?.Id, clock.GetUtcNow() + locked, source.Origin.Address);
        return SignInOutcome.TooMany(locked);
    }

    private async Task RehashAsync(DirectoryContext context, User user, string password, CancellationToken cancellationToken)
    {
        // Only over the hash that was checked: the password may be changing at this moment.
        var hash = hasher.HashPassword(user, password);
        if (await context.Users.Where(u => u.Id == user.Id && u.PasswordHash == user.PasswordHash)
            .ExecuteUpdateAsync(row => row.SetProperty(u => u.PasswordHash, hash), cancellationToken) == 1)
        {
            user.PasswordHash = hash; // As the browser will be remembered with.
        }
    }
}
