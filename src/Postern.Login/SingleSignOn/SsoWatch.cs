using System.Security.Cryptography;
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

    /// <summary>
    /// Questions one after the other that a provider leaves unanswered before it counts as down for this turn. One alone may be
    /// about the sign-in that was asked about, and must not keep the others from being asked about.
    /// </summary>
    private const int UnansweredUntilDown = 3;

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

        // One after the other at each provider, so that none is flooded; one that is down is not asked a thousand times. In another
        // order each time, so that those that are never answered do not stand before the same ones always.
        await Parallel.ForEachAsync(found.GroupBy(l => l.ProviderId, l => l.Id), cancellationToken, async (group, token) =>
        {
            var turn = group.ToArray();
            RandomNumberGenerator.Shuffle(turn.AsSpan());
            var unanswered = 0;
            foreach (var login in turn)
            {
                var mayAsk = unanswered < UnansweredUntilDown;
                var standing = await logins.CheckAsync(login, mayAsk, token);
                if (mayAsk)
                {
                    unanswered = standing == SsoStanding.Unanswered ? unanswered + 1 : 0;
                }
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
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                log.SsoWatchFailed(e);
            }
        }
    }
}
