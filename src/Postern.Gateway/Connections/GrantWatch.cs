using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Postern.Authority;
using Postern.Directory.Changes;
using Postern.Directory.Deployments;
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
    GatewayConfig config,
    TimeProvider time,
    ILogger<GrantWatch> logger) : BackgroundService
{
    // A change that was missed because the database was away for a moment must not wait for the next regular recheck.
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>Asks for all connections once.</summary>
    public async Task RecheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await authority.ReloadAsync(cancellationToken);
        }
        catch (AuthorityKeyException exception)
        {
            // The keys that are known go on; rights that were taken away must end connections all the same.
            logger.AuthorityNotReloaded(exception);
        }

        // Connections of one person to one app share the answer, and one environment is updated once.
        var decisions = new Dictionary<(Guid?, string, Guid, string), GrantDecision>();
        var updated = new Dictionary<(string, string), DeployedEnvironment>();
        foreach (var connection in live.BeginRecheck())
        {
            var grant = connection.Grant;
            var proof = grant.Proof;
            var key = (proof.SessionId, proof.Description, proof.Person.Id, grant.Service);
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

        foreach (var environment in updated.Values)
        {
            try
            {
                await target.UpdateAsync(environment, cancellationToken);
            }
            catch (TargetException exception)
            {
                logger.UpdateFailed(environment.ProjectId, environment.Name, exception);
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
}
