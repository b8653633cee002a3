using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Postern.Authority;
using Postern.Directory.Changes;
using Postern.Directory.Deployments;
using Postern.Gateway.Listening;
using Postern.Gateway.Refusals;
using Postern.Gateway.Routing;
using Postern.Targets;

namespace Postern.Gateway.Connections;

/// <summary>
/// Asks again whether open connections may be there: those that a change of the Directory can concern as soon as it is
/// made, and all of them from time to time. Rights that are taken away end connections within two seconds; new deployments reach the targets.
/// </summary>
public sealed class GrantWatch(
    LiveConnections live,
    GrantDecider decider,
    ChangeFeed feed,
    ChangeHistory history,
    ITarget target,
    CertificateAuthority authority,
    HostIdentity identity,
    GatewayConfig config,
    TimeProvider time,
    ILogger<GrantWatch> logger) : BackgroundService
{
    // A change that was missed because the database was away for a moment must not wait for the next regular recheck.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    // One update of an environment at a time; starting a service may take a minute, and nobody's rights wait for that.
    private readonly ConcurrentDictionary<(string, string), Task> _updates = new();

    // Environments with connections whose newest deployment has still to be handed over.
    private readonly ConcurrentDictionary<(string, string), bool> _handOver = new();

    // The newest change that was looked at, and null when everybody has to be asked about.
    private long? _seen;

    // Done when somebody wants a recheck; null while this does not run as a service.
    private Task? _wish;

    /// <summary>Completes when every update that is under way has ended.</summary>
    internal Task Updates => Task.WhenAll(_updates.Values);

    /// <summary>Asks for all connections once.</summary>
    public Task RecheckAsync(CancellationToken cancellationToken) => RecheckAsync(isWhole: true, cancellationToken);

    /// <summary>Asks for the connections that can be concerned by what changed since the last time; for all when that is not known.</summary>
    internal Task RecheckChangedAsync(CancellationToken cancellationToken) => RecheckAsync(isWhole: false, cancellationToken);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = feed.Subscribe(live.WantRecheckOfChanges);

        // Whoever came in before the subscription may have missed a change.
        live.WantRecheck();
        using var timer = new PeriodicTimer(config.RecheckInterval, time);
        var tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
        _wish = live.WaitForWishAsync(stoppingToken);
        var isFailing = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            var isWhole = await Task.WhenAny(tick, _wish) == tick;
            if (isWhole)
            {
                tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
            }
            else
            {
                _wish = live.WaitForWishAsync(stoppingToken);
            }

            try
            {
                await RecheckAsync(isWhole || live.IsWholeWanted, stoppingToken);
                isFailing = false;
                if (live.IsWholeWanted)
                {
                    // Wished for in the middle of it, where only what changed was looked at.
                    live.WantRecheck();
                }
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // Until it can be asked again nobody new gets in either, as that needs the same database.
                if (!isFailing)
                {
                    logger.RecheckFailed(exception);
                }

                isFailing = true;
                await Task.Delay(RetryInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                live.WantRecheck();
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task RecheckAsync(bool isWhole, CancellationToken cancellationToken)
    {
        try
        {
            // Before the connections are listed: what changes later is the next recheck's.
            var (newest, changes) = await history.ReadSinceAsync(isWhole ? null : _seen, cancellationToken);
            _seen = newest;
            var concern = changes is null ? null : Concern.Of(changes);
            if (concern is null)
            {
                await ReloadAuthorityAsync(cancellationToken);
            }

            await RecheckAsync(concern, cancellationToken);
        }
        catch
        {
            // Whom it did not come to is not known.
            _seen = null;
            throw;
        }
    }

    private async Task RecheckAsync(Concern? concern, CancellationToken cancellationToken)
    {
        // Connections of one person to one app share the answer, if they come from one place; one environment is updated once.
        var decisions = new Dictionary<(Guid?, string, Guid, string?, string), GrantDecision>();
        var updated = new Dictionary<(string, string), DeployedEnvironment>();
        var (all, late) = live.BeginRecheck(isWhole: concern is null);
        foreach (var connection in all)
        {
            var grant = connection.Grant;
            if (concern?.Includes(grant) == false && !late.Contains(connection) && !_handOver.ContainsKey(KeyOf(grant.Environment)))
            {
                continue;
            }

            // To ask for everybody can take long where there are thousands; who lost a right meanwhile is not kept waiting.
            if (concern is null && _wish is { IsCompletedSuccessfully: true })
            {
                _wish = live.WaitForWishAsync(cancellationToken);
                await RecheckChangedAsync(cancellationToken);
            }

            var proof = grant.Proof;
            var key = (proof.SessionId, proof.Description, proof.Person.Id, proof.PlainKey?.Source, grant.Service);
            if (!decisions.TryGetValue(key, out var decision))
            {
                decision = await DecideAsync(grant, cancellationToken);
                decisions.Add(key, decision);
            }

            if (decision.Grant is { } renewed)
            {
                connection.Renew(renewed);
                updated.TryAdd(KeyOf(renewed.Environment), renewed.Environment);
            }
            else
            {
                connection.Withdraw(decision.Refusal!);
            }
        }

        HandOver(updated, cancellationToken);
    }

    private async Task ReloadAuthorityAsync(CancellationToken cancellationToken)
    {
        await DespiteKeysAsync(authority.ReloadAsync, cancellationToken);
        await DespiteKeysAsync(identity.RenewIfRotatedAsync, cancellationToken);
    }

    // A key that cannot be read is no reason to keep another one that was retired, or connections whose rights are gone.
    private async Task DespiteKeysAsync(Func<CancellationToken, Task> act, CancellationToken cancellationToken)
    {
        try
        {
            await act(cancellationToken);
        }
        catch (AuthorityKeyException exception)
        {
            logger.AuthorityNotReloaded(exception);
        }
    }

    private async Task<GrantDecision> DecideAsync(Grant grant, CancellationToken cancellationToken)
    {
        try
        {
            return await decider.DecideAsync(grant.Proof, grant.Service, cancellationToken);
        }
        catch (Exception exception) when (!IsOfTheDatabase(exception))
        {
            // One record that is damaged, or of a newer version, must not keep all others from being asked about.
            logger.RecordDamaged(grant.Service, grant.Proof.Person.Id, exception);
            return GrantDecision.No(RefusalCode.TargetFailed, "Deploy the environment again");
        }
    }

    // The database is away, or we stop: nothing is wrong with what was asked for.
    private static bool IsOfTheDatabase(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is DbException or OperationCanceledException or TimeoutException or ObjectDisposedException)
            {
                return true;
            }
        }

        return false;
    }

    private void HandOver(Dictionary<(string, string), DeployedEnvironment> updated, CancellationToken cancellationToken)
    {
        foreach (var (key, environment) in updated)
        {
            // A busy environment is handed over again by the next recheck, which its end asks for.
            _handOver.TryRemove(key, out _);
            if (!_updates.TryGetValue(key, out var running) || running.IsCompleted)
            {
                _updates[key] = UpdateAsync(environment, cancellationToken);
            }
            else
            {
                _handOver[key] = true;
                _ = running.ContinueWith(
                    _ => live.WantRecheckOfChanges(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }

        foreach (var (key, update) in _updates)
        {
            if (update.IsCompleted && !updated.ContainsKey(key))
            {
                _updates.TryRemove(key, out _);
                _handOver.TryRemove(key, out _);
            }
        }
    }

    private static (string Project, string Machine) KeyOf(DeployedEnvironment environment) =>
        (environment.ProjectId, environment.MachineName);

    private async Task UpdateAsync(DeployedEnvironment environment, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            await target.UpdateAsync(environment, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The server stops.
        }
        catch (Exception exception)
        {
            logger.UpdateFailed(environment.ProjectId, environment.Name, exception);
        }
    }
}
