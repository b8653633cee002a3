using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;

namespace Postern.Login.SingleSignOn;

/// <summary>
/// Asks providers about sign-ins whose sessions nobody refreshes: an open SSH connection or a browser shows no refresh token, and
/// ends all the same when its person is deactivated there.
/// </summary>
internal sealed class SsoWatch(
    IDbContextFactory<DirectoryContext> contexts, SsoLogins logins, LoginOptions options, TimeProvider clock, ILogger<SsoWatch> log)
    : BackgroundService
{
    /// <summary>Sign-ins of one turn; the next turn takes the others.</summary>
    private const int Batch = 1000;

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Asks about what is due: not asked for as long as an access token lives, and in use.</summary>
    public async Task AskAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var due = now - options.AccessTokenLifetime;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await context.SsoLogins.AsNoTracking()
            .Where(l => l.EndedAt == null && l.ProtectedRefreshToken != null && l.CheckedAt <= due
                && context.Sessions.Any(s => s.SsoLoginId == l.Id && s.RevokedAt == null && s.IdleExpiry > now && s.AbsoluteExpiry > now))
            .OrderBy(l => l.CheckedAt).Take(Batch).Select(l => new { l.Id, l.ProviderId }).ToListAsync(cancellationToken);

        // One after the other at each provider, so that none is flooded; one that is down is not asked a thousand times.
        await Parallel.ForEachAsync(found.GroupBy(l => l.ProviderId), cancellationToken, async (group, token) =>
        {
            var mayAsk = true;
            foreach (var login in group)
            {
                mayAsk &= await logins.CheckAsync(login.Id, mayAsk, token) != SsoStanding.Unanswered;
            }
        });
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await AskAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.SsoWatchFailed(e);
            }
        }
    }
}
