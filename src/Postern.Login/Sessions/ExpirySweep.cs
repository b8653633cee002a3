using Microsoft.EntityFrameworkCore;
using Postern.Directory.Storage;

namespace Postern.Login.Sessions;

/// <summary>Removes codes, links, mails, challenges, approvals and sessions that ended long ago; several servers may do it at once.</summary>
internal sealed class ExpirySweep(IDbContextFactory<DirectoryContext> contexts, TimeProvider clock, ILogger<ExpirySweep> log)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>How long an ended code is kept, so that a late second use is still recognised.</summary>
    private static readonly TimeSpan KeepCodes = TimeSpan.FromDays(1);

    /// <summary>How long an ended session is kept, for those who look into what happened.</summary>
    private static readonly TimeSpan KeepSessions = TimeSpan.FromDays(90);

    /// <summary>Removes what is due now.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var oldCodes = now - KeepCodes;
        var oldSessions = now - KeepSessions;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var codes = await context.AuthorizationCodes.Where(c => c.ExpiresAt < oldCodes).ExecuteDeleteAsync(cancellationToken);
        codes += await context.DeviceRequests.Where(r => r.ExpiresAt < oldCodes).ExecuteDeleteAsync(cancellationToken);
        codes += await context.UsedChallenges.Where(c => c.ExpiresAt < now).ExecuteDeleteAsync(cancellationToken);
        codes += await context.SetupCodes.Where(c => c.ExpiresAt < now).ExecuteDeleteAsync(cancellationToken);
        codes += await context.MailLinks.Where(l => l.ExpiresAt < oldCodes).ExecuteDeleteAsync(cancellationToken);
        codes += await context.QueuedMails.Where(m => m.ExpiresAt < oldCodes).ExecuteDeleteAsync(cancellationToken);

        // A session that is used for weeks leaves thousands; when its end has come, none of them proves misuse any more.
        codes += await context.RefreshTokens.Where(t => t.ExpiresAt < oldCodes).ExecuteDeleteAsync(cancellationToken);
        codes += await context.SshApprovals.Where(a => a.ExpiresAt < oldSessions).ExecuteDeleteAsync(cancellationToken);
        codes += await context.SignInCounts.Where(c => c.EndsAt < now).ExecuteDeleteAsync(cancellationToken);
        codes += await context.FactorAttempts.Where(a => a.Browser != "" && a.LockedUntil < oldSessions).ExecuteDeleteAsync(cancellationToken);
        var sessions = await context.Sessions
            .Where(s => s.AbsoluteExpiry < oldSessions || s.IdleExpiry < oldSessions || s.RevokedAt < oldSessions)
            .ExecuteDeleteAsync(cancellationToken);
        await context.SsoLogins
            .Where(l => l.CreatedAt < oldCodes && !context.Sessions.Any(s => s.SsoLoginId == l.Id))
            .ExecuteDeleteAsync(cancellationToken);
        if (codes + sessions > 0)
        {
            log.Swept(codes, sessions);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                log.SweepFailed(e);
            }
        }
    }
}
