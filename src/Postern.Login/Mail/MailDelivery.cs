using Microsoft.EntityFrameworkCore;
using Postern.Directory.People;
using Postern.Directory.Storage;

namespace Postern.Login.Mail;

/// <summary>
/// Sends what is queued, oldest first, and again after a failure, ever more slowly, until the mail is of no use any more.
/// Several servers may do it at once: each takes a mail by moving on its time, which only one can do.
/// </summary>
internal sealed class MailDelivery(
    IDbContextFactory<DirectoryContext> contexts,
    MailQueue queue,
    MailWriter writer,
    IMailTransport transport,
    TimeProvider clock,
    ILogger<MailDelivery> log) : BackgroundService
{
    /// <summary>Mails of one turn, so that a long queue does not become a long list.</summary>
    private const int Batch = 50;

    /// <summary>How often to look for what other servers queued and what is to be tried again.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    /// <summary>How long one server may take for a mail before another tries.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);

    /// <summary>The wait after the first failure; it doubles.</summary>
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(30);

    /// <summary>The longest wait between two tries.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(30);

    /// <summary>Sends what is due now.</summary>
    public async Task DeliverAsync(CancellationToken cancellationToken)
    {
        foreach (var mail in await FindDueAsync(cancellationToken))
        {
            if (await TakeAsync(mail, cancellationToken))
            {
                await DeliverAsync(mail, cancellationToken);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await DeliverAsync(stoppingToken);
                await queue.WaitAsync(Interval, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // The database cannot be read; it is not asked faster for that.
                log.MailQueueFailed(e);
                await Task.Delay(Interval, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<List<QueuedMail>> FindDueAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.QueuedMails.AsNoTracking()
            .Where(mail => mail.DueAt <= now)
            .OrderBy(mail => mail.DueAt)
            .Take(Batch)
            .ToListAsync(cancellationToken);
    }

    private async Task<bool> TakeAsync(QueuedMail mail, CancellationToken cancellationToken)
    {
        var until = clock.GetUtcNow() + Lease;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.QueuedMails
            .Where(row => row.Id == mail.Id && row.DueAt == mail.DueAt)
            .ExecuteUpdateAsync(
                row => row.SetProperty(m => m.DueAt, until).SetProperty(m => m.Attempts, m => m.Attempts + 1), cancellationToken) == 1;
    }

    private async Task DeliverAsync(QueuedMail mail, CancellationToken cancellationToken)
    {
        if (clock.GetUtcNow() >= mail.ExpiresAt)
        {
            log.MailGivenUp(mail.Id, mail.Kind, mail.Attempts);
            await RemoveAsync(mail.Id, cancellationToken);
            return;
        }

        try
        {
            // No text when there is nothing to say any more: the invitation is withdrawn, nobody has that address.
            if (await writer.WriteAsync(mail, cancellationToken) is { } message)
            {
                using (message)
                {
                    await transport.SendAsync(message, cancellationToken);
                }

                log.MailSent(mail.Id, mail.Kind);
            }

            await RemoveAsync(mail.Id, cancellationToken);
        }
        catch (MailRefusedException e)
        {
            log.MailRefused(mail.Id, mail.Kind, e);
            await RemoveAsync(mail.Id, cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            var wait = WaitAfter(mail.Attempts);
            log.MailFailed(mail.Id, mail.Kind, wait, e);
            await PutOffAsync(mail.Id, wait, cancellationToken);
        }
    }

    private static TimeSpan WaitAfter(int attempts)
    {
        var wait = FirstWait * Math.Pow(2, Math.Min(attempts, 10));
        return wait < LongestWait ? wait : LongestWait;
    }

    private async Task PutOffAsync(Guid id, TimeSpan wait, CancellationToken cancellationToken)
    {
        var due = clock.GetUtcNow() + wait;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.QueuedMails.Where(m => m.Id == id).ExecuteUpdateAsync(row => row.SetProperty(m => m.DueAt, due), cancellationToken);
    }

    private async Task RemoveAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        await context.QueuedMails.Where(m => m.Id == id).ExecuteDeleteAsync(cancellationToken);
    }
}
