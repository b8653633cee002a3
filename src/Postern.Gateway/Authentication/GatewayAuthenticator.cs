using Microsoft.Extensions.Logging;
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
    Identifier identifier,
    GrantDecider decider,
    GatewayConnectionFactory connections,
    LiveConnections live,
    ILogger<GatewayAuthenticator> logger) : IServerAuthenticator
{
    /// <inheritdoc/>
    public ValueTask<bool> IsKeyWorthTryingAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken) =>
        identifier.IsWorthTryingAsync(attempt, cancellationToken);

    /// <inheritdoc/>
    public async ValueTask<AuthenticationOutcome> AuthenticateAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken)
    {
        // The engine asks under its own lock, and SQLite works before it returns a task: the login grace must run on.
        await Task.Yield();
        var service = attempt.UserName;
        switch (await identifier.IdentifyAsync(attempt, cancellationToken))
        {
            case Identification.Unusable(var refusal):
                return new AuthenticationOutcome.Refused(refusal.Banner(service, null, Guid.Empty));

            case Identification.Known(var proof):
                var address = attempt.Connection.RemoteEndPoint.Address;
                var generation = live.Generation;
                var decision = await decider.DecideAsync(proof, service, cancellationToken);
                if (decision.Grant is { } grant)
                {
                    var handler = await connections.CreateAsync(attempt.Connection, grant, generation, cancellationToken);
                    logger.Granted(attempt.Connection.Id, proof.Person.Id, service, address, proof.Description);
                    return new AuthenticationOutcome.Accepted(handler);
                }

                logger.Refused(
                    attempt.Connection.Id, proof.Person.Id, Refusal.Printable(service), address, proof.Description, decision.Refusal!.Code);
                return new AuthenticationOutcome.Refused(
                    decision.Refusal.Banner(service, proof.Person.DisplayName, proof.Person.Id));

            default:
                return new AuthenticationOutcome.Refused(Banner: null);
        }
    }
}
