using Microsoft.Extensions.Logging;
using Postern.Directory.Routing;
using Postern.Gateway.Connections;
using Postern.Gateway.Refusals;
using Postern.Gateway.Routing;
using Postern.Ssh.Server;

namespace Postern.Gateway.Authentication;

/// <summary>
/// Lets people in: who they are from the key, where they go from the user name, whether they may from the Directory. Until
/// a key is known, every refusal looks the same.
/// </summary>
public sealed class GatewayAuthenticator(
    GatewayDirectory directory,
    Identifier identifier,
    GrantDecider decider,
    GatewayConnectionFactory connections,
    LiveConnections live,
    UserConnections users,
    GatewayMetrics metrics,
    ILogger<GatewayAuthenticator> logger) : IServerAuthenticator
{
    private static readonly Refusal TooManyConnections = new(
        RefusalCode.TooManyConnections, "Close connections that you do not need, or share one (ControlMaster)");

    /// <inheritdoc/>
    public ValueTask<bool> IsKeyWorthTryingAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken) =>
        identifier.IsWorthTryingAsync(attempt, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<AuthenticationOutcome> AuthenticateAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken)
    {
        // The engine asks under its own lock, and SQLite works before it returns a task: the login grace must run on.
        await Task.Yield();
        var service = attempt.UserName;

        // In this order: a change that is not seen here any more is seen by the recheck that this generation lacks.
        var generation = live.Generation;
        var moment = await directory.ObserveAsync(cancellationToken);
        switch (await identifier.IdentifyAsync(attempt, moment, cancellationToken))
        {
            case Identification.Unusable(var refusal):
                metrics.Refused(refusal.Code);
                return new AuthenticationOutcome.Refused(refusal.Banner(service, null, Guid.Empty));

            case Identification.Known(var proof):
                var address = attempt.Connection.RemoteEndPoint.Address;
                var decision = await decider.DecideAsync(proof, service, moment, cancellationToken);
                if (decision.Grant is { } grant && await TryEnterAsync(attempt.Connection, grant, generation, cancellationToken) is { } handler)
                {
                    logger.Granted(attempt.Connection.Id, proof.Person.Id, service, address, proof.Description);
                    return new AuthenticationOutcome.Accepted(handler);
                }

                var no = decision.Refusal ?? TooManyConnections;
                metrics.Refused(no.Code);
                logger.Refused(
                    attempt.Connection.Id, proof.Person.Id, Refusal.Printable(service), address, proof.Description, no.Code);
                return new AuthenticationOutcome.Refused(no.Banner(service, proof.Person.DisplayName, proof.Person.Id));

            default:
                return new AuthenticationOutcome.Refused(Banner: null);
        }
    }

    /// <summary>The connection's handler, or null when the person has as many connections as one may have.</summary>
    private async Task<GatewayConnection?> TryEnterAsync(
        ConnectionInfo connection, Grant grant, int generation, CancellationToken cancellationToken)
    {
        if (users.TryEnter(grant.Proof.Person.Id) is not { } place)
        {
            return null;
        }

        try
        {
            return await connections.CreateAsync(connection, grant, generation, place, cancellationToken);
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }
}
