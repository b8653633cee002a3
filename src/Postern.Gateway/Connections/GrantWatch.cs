using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Postern.Authority;
using Postern.Directory.Changes;
using Postern.Directory.Deployments;
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
    /// <summary>Asks for all connections once.</summary>
    public async Task RecheckAsync(CancellationToken cancellationToken)
    {
        await authority.ReloadAsync(cancellationToken);

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
                decision = await decider.DecideAsync(proof, grant.Service, cancellationToken);
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

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = feed.Subscribe(live.WantRecheck);
        using var timer = new PeriodicTimer(config.RecheckInterval, time);
        var tick = timer.WaitForNextTickAsync(stoppingToken).AsTask();
        var wish = live.WaitForWishAsync(stoppingToken);
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
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // The next tick asks again; until then nobody new gets in either, as that needs the same database.
                logger.RecheckFailed(exception);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
