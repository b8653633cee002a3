using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Postern.Directory.Storage;

namespace Postern.Directory.Changes;

/// <summary>
/// Tells this process, within about a second, that some process changed something which matters for authorization.
/// A hosted service; subscribers then ask the Directory again about what they hold open.
/// </summary>
public sealed class ChangeFeed(
    IDbContextFactory<DirectoryContext> contexts, TimeProvider clock, ILogger<ChangeFeed> logger) : BackgroundService
{
    /// <summary>How often the newest change is looked up: well under the 5 seconds that a revocation may take.</summary>
    public static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long changes are kept: nobody looks back further than one interval, people looking for a fault do.</summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(1);

    private static readonly TimeSpan PruneInterval = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly List<Subscription> _subscriptions = [];
    private long? _newest;

    /// <summary>
    /// Calls <paramref name="onChange"/> after every change, from the feed's own task, until the result is disposed of.
    /// It is also called when the database could be read again after a failure. It should return quickly; what it
    /// throws is logged and keeps nobody else from hearing.
    /// </summary>
    public IDisposable Subscribe(Action onChange)
    {
        var subscription = new Subscription(this, onChange);
        lock (_gate)
        {
            _subscriptions.Add(subscription);
        }

        return subscription;
    }

    /// <summary>Looks once, and calls the subscribers when there is something new.</summary>
    public async Task PollAsync(CancellationToken cancellationToken)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var newest = await context.Changes.MaxAsync(c => (long?)c.Id, cancellationToken) ?? 0;

        // Not "greater": a restored backup may begin again with smaller numbers.
        if (_newest is { } seen && seen != newest)
        {
            Notify();
        }

        _newest = newest;
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(PollInterval, clock);
        var nextPrune = clock.GetUtcNow() + PruneInterval;
        var isFailing = false;
        do
        {
            try
            {
                await PollAsync(stoppingToken);
                if (isFailing)
                {
                    isFailing = false;
                    logger.FeedRecovered();
                    Notify();
                }

                if (clock.GetUtcNow() >= nextPrune)
                {
                    nextPrune = clock.GetUtcNow() + PruneInterval;
                    await PruneAsync(stoppingToken);
                }
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                if (!isFailing)
                {
                    logger.FeedFailed(exception);
                }

                isFailing = true;
            }
        }
        while (await WaitAsync(timer, stoppingToken));
    }

    private static async Task<bool> WaitAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task PruneAsync(CancellationToken cancellationToken)
    {
        var limit = clock.GetUtcNow() - Retention;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);

        // The newest stays, so that its number does not fall back.
        await context.Changes
            .Where(c => c.At < limit && c.Id < context.Changes.Max(x => x.Id))
            .ExecuteDeleteAsync(cancellationToken);
    }

    private void Notify()
    {
        Subscription[] subscriptions;
        lock (_gate)
        {
            subscriptions = [.. _subscriptions];
        }

        foreach (var subscription in subscriptions)
        {
            try
            {
                subscription.OnChange();
            }
            catch (Exception exception)
            {
                logger.SubscriberFailed(exception);
            }
        }
    }

    private sealed class Subscription(ChangeFeed feed, Action onChange) : IDisposable
    {
        public Action OnChange { get; } = onChange;

        public void Dispose()
        {
            lock (feed._gate)
            {
                feed._subscriptions.Remove(this);
            }
        }
    }
}
