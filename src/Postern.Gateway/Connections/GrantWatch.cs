using System.Collections.Concurrent;
using System.Text.Json;
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
/// Asks for every open connection again whether it may be there, as soon as the Directory changes and from time to time
/// without. Rights that are taken away end connections within two seconds; new deployments reach the targets.
/// </summary>
public sealed class GrantWatch(
    LiveConnections live,
    GrantDecider decider,
    ChangeFeed feed,
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

    /// <summary>Completes when every update that is under way has ended.</summary>
    internal Task Updates => Task.WhenAll(_updates.Values);

    /// <summary>Asks for all connections once.</summary>
    public async Task RecheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await authority.ReloadAsync(cancellationToken);
            await identity.RenewIfRotatedAsync(cancellationToken);
        }
        catch (AuthorityKeyException exception)
        {
            // The keys that are known go on; rights that were taken away must end connections all the same.
            logger.AuthorityNotReloaded(exception);
        }

        // Connections of one person to one app share the answer, if they come from one place; one environment is updated once.
        var decisions = new Dictionary<(Guid?, string, Guid, string?, string), GrantDecision>();
        var updated = new Dictionary<(string, string), DeployedEnvironment>();
        foreach (var connection in live.BeginRecheck())
        {
            var grant = connection.Grant;
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
                updated.TryAdd((renewed.Environment.ProjectId, renewed.Environment.MachineName), renewed.Environment);
            }
            else
            {
                connection.Withdraw(decision.Refusal!);
            }
        }

        foreach (var (key, environment) in updated)
        {
            // A busy environment is handed over again by the next recheck, which its end asks for.
            if (!_updates.TryGetValue(key, out var running) || running.IsCompleted)
            {
                _updates[key] = UpdateAsync(environment, cancellationToken);
            }
            else
            {
                _ = running.ContinueWith(_ => live.WantRecheck(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }

        foreach (var (key, update) in _updates)
        {
            if (update.IsCompleted && !updated.ContainsKey(key))
            {
                _updates.TryRemove(key, out _);
            }
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = feed.Subscribe(live.WantRecheck);

        // Whoever came in before the subscription may have missed a change.
        live.WantRecheck();
        using var timer = new PeriodicTimer(config.RecheckInterval, time);
        var tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
        var wish = live.WaitForWishAsync(stoppingToken);
        var isFailing = false;
        while (!stoppingToken.IsCancellationRequested)
        {
            if (await Task.WhenAny(tick, wish) == tick)
            {
                tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
            }
            else
            {
                wish = live.WaitForWishAsync(stoppingToken);
            }

            try
            {
                await RecheckAsync(stoppingToken);
                isFailing = false;
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

    private async Task<GrantDecision> DecideAsync(Grant grant, CancellationToken cancellationToken)
    {
        try
        {
            return await decider.DecideAsync(grant.Proof, grant.Service, cancellationToken);
        }
        catch (JsonException exception)
        {
            // One environment whose record is damaged must not keep all others from being asked about.
            logger.DeploymentDamaged(grant.Environment.ProjectId, grant.Environment.Name, exception);
            return GrantDecision.No(RefusalCode.TargetFailed, "Deploy the environment again");
        }
    }

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
