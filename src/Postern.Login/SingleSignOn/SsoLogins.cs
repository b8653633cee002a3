using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Postern.Directory.SingleSignOn;
using Postern.Directory.Storage;
using Postern.Login.Sessions;

namespace Postern.Login.SingleSignOn;

/// <summary>
/// Remembers sign-ins at providers and asks whether they still hold: a provider that refuses ends everything that came of the
/// sign-in, one that does not answer has an hour (<see cref="LoginOptions.SsoOutageGrace"/>). Several servers may ask; each sign-in is
/// asked about by one at a time, for many providers take each refresh token once.
/// </summary>
internal sealed class SsoLogins(
    IDbContextFactory<DirectoryContext> contexts,
    ProviderTokens tokens,
    SsoProtection protection,
    SessionStore sessions,
    LoginOptions options,
    TimeProvider clock,
    ILogger<SsoLogins> log)
{
    /// <summary>Notes a new sign-in. Without a refresh token it can never be asked about, so it ends soon.</summary>
    public async Task<SsoLogin> BeginAsync(IdentityProvider provider, Guid userId, string? refreshToken, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var id = Guid.NewGuid();
        var login = new SsoLogin
        {
            Id = id,
            ProviderId = provider.Id,
            UserId = userId,
            ProtectedRefreshToken = refreshToken is null ? null : protection.ProtectRefreshToken(id, refreshToken),
            EndsAt = refreshToken is null ? now + options.SsoReauthentication : null,
            CheckedAt = now,
            CreatedAt = now,
        };
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        context.SsoLogins.Add(login);
        await context.SaveChangesAsync(cancellationToken);
        return login;
    }

    /// <summary>The end of a sign-in that holds now, null for none; false when it does not hold.</summary>
    public static async Task<(bool Holds, DateTimeOffset? NotAfter)> FindEndAsync(
        DirectoryContext context, Guid? loginId, CancellationToken cancellationToken)
    {
        if (loginId is not { } id)
        {
            return (true, null);
        }

        var login = await context.SsoLogins.AsNoTracking().SingleOrDefaultAsync(l => l.Id == id, cancellationToken);
        return (login is { EndedAt: null }, login?.EndsAt);
    }

    /// <summary>Whether a sign-in still holds; asks the provider unless it was asked within the last minute.</summary>
    public async Task<bool> HoldsAsync(Guid loginId, CancellationToken cancellationToken) =>
        await CheckAsync(loginId, mayAsk: true, cancellationToken) is not SsoStanding.Ended;

    /// <summary>How a sign-in stands; asks the provider if that may be and is due.</summary>
    public async Task<SsoStanding> CheckAsync(Guid loginId, bool mayAsk, CancellationToken cancellationToken)
    {
        SsoLogin? login;
        IdentityProvider? provider;
        List<string> subjects;
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            login = await context.SsoLogins.AsNoTracking().SingleOrDefaultAsync(l => l.Id == loginId, cancellationToken);
            if (login is not { EndedAt: null } || login.EndsAt <= clock.GetUtcNow())
            {
                return SsoStanding.Ended;
            }

            if (login.ProtectedRefreshToken is null || clock.GetUtcNow() - login.CheckedAt < SsoLimits.Recheck)
            {
                return SsoStanding.Holds;
            }

            provider = await context.IdentityProviders.AsNoTracking().SingleAsync(p => p.Id == login.ProviderId, cancellationToken);
            subjects = await context.SsoIdentities.AsNoTracking().Where(i => i.ProviderId == provider.Id && i.UserId == login.UserId)
                .Select(i => i.Subject).ToListAsync(cancellationToken);
        }

        // Another server asks already: what was known before serves this once.
        return mayAsk && await TakeAsync(login, cancellationToken) is { } taken
            ? await AskAsync(taken, provider, subjects, cancellationToken)
            : await JudgeUnansweredAsync(login, cancellationToken);
    }

    private async Task<SsoStanding> AskAsync(
        SsoLogin login, IdentityProvider provider, List<string> subjects, CancellationToken cancellationToken)
    {
        try
        {
            var next = await tokens.RefreshAsync(
                provider, protection.UnprotectRefreshToken(login.Id, login.ProtectedRefreshToken!), subjects, cancellationToken);
            await NoteAsync(login, next, cancellationToken);
            return SsoStanding.Holds;
        }
        catch (ProviderException refusal) when (IsFinal(refusal))
        {
            log.SsoLoginRefused(login.UserId, provider.Name, refusal.Code!);
            await EndAsync(login, SessionEnd.SsoEnded, cancellationToken);
            return SsoStanding.Ended;
        }
        catch (Exception failure) when (failure is ProviderException or CryptographicException)
        {
            log.SsoLoginUnanswered(login.UserId, provider.Name, failure.Message);
            await ReleaseAsync(login, (failure as ProviderException)?.RefreshToken, cancellationToken);
            return await JudgeUnansweredAsync(login, cancellationToken);
        }
    }

    // Everything else, such as a client secret that ran out, is a fault between the servers and says nothing about the person.
    private static bool IsFinal(ProviderException refusal) =>
        refusal.Code is "invalid_grant" or "access_denied" or "login_required" or "interaction_required" or "consent_required" or "account_selection_required";

    private async Task<SsoStanding> JudgeUnansweredAsync(SsoLogin login, CancellationToken cancellationToken)
    {
        if (clock.GetUtcNow() - login.CheckedAt < options.SsoOutageGrace)
        {
            return SsoStanding.Unanswered;
        }

        await EndAsync(login, SessionEnd.SsoUnreachable, cancellationToken);
        return SsoStanding.Ended;
    }

    /// <summary>Makes this server the one that asks now, with the newest refresh token. Null when another one does.</summary>
    private async Task<SsoLogin?> TakeAsync(SsoLogin login, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        DateTimeOffset? until = now + SsoLimits.AskingLease;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = await context.SsoLogins
            .Where(l => l.Id == login.Id && l.EndedAt == null && l.CheckedAt == login.CheckedAt && (l.AskingUntil == null || l.AskingUntil <= now))
            .ExecuteUpdateAsync(row => row.SetProperty(l => l.AskingUntil, until), cancellationToken);
        return rows == 1 ? await context.SsoLogins.AsNoTracking().SingleAsync(l => l.Id == login.Id, cancellationToken) : null;
    }

    private Task NoteAsync(SsoLogin login, string? refreshToken, CancellationToken cancellationToken) =>
        WriteAsync(login, refreshToken, clock.GetUtcNow(), cancellationToken);

    private Task ReleaseAsync(SsoLogin login, string? refreshToken, CancellationToken cancellationToken) =>
        WriteAsync(login, refreshToken, login.CheckedAt, cancellationToken);

    private async Task WriteAsync(SsoLogin login, string? refreshToken, DateTimeOffset checkedAt, CancellationToken cancellationToken)
    {
        var record = refreshToken is null ? login.ProtectedRefreshToken : protection.ProtectRefreshToken(login.Id, refreshToken);
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.SsoLogins.Where(l => l.Id == login.Id && l.EndedAt == null).ExecuteUpdateAsync(
            row => row
                .SetProperty(l => l.CheckedAt, checkedAt)
                .SetProperty(l => l.ProtectedRefreshToken, record)
                .SetProperty(l => l.AskingUntil, (DateTimeOffset?)null),
            cancellationToken);
    }

    private async Task EndAsync(SsoLogin login, string reason, CancellationToken cancellationToken)
    {
        DateTimeOffset? now = clock.GetUtcNow();
        await using (var context = await contexts.CreateDbContextAsync(cancellationToken))
        {
            await context.SsoLogins.Where(l => l.Id == login.Id && l.EndedAt == null).ExecuteUpdateAsync(
                row => row.SetProperty(l => l.EndedAt, now).SetProperty(l => l.ProtectedRefreshToken, (byte[]?)null), cancellationToken);
        }

        await sessions.EndOfSsoLoginAsync(login.Id, reason, cancellationToken);
    }
}
