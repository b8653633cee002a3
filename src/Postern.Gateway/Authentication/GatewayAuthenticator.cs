using Postern.Directory.Routing;
using Postern.Gateway.Connections;
using Postern.Gateway.SignIn;
using Postern.Ssh.Server;

namespace Postern.Gateway.Authentication;

/// <summary>
/// Lets people in: who they are from the key, where they go from the user name, whether they may from the Directory. Until
/// a key is known, every refusal looks the same.
/// </summary>
public sealed class GatewayAuthenticator(
    GatewayDirectory directory,
    Identifier identifier,
    Entrance entrance,
    SecondFactor second,
    SignInDesk desk,
    LiveConnections live,
    GatewayMetrics metrics) : IServerAuthenticator
{
    /// <inheritdoc/>
    public ValueTask<bool> IsKeyWorthTryingAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken) =>
        identifier.IsWorthTryingAsync(attempt, cancellationToken);

    /// <inheritdoc/>
    public bool OffersInteraction => desk.IsOpen;

    /// <inheritdoc/>
    public ValueTask<IInteractiveExchange?> BeginExchangeAsync(InteractiveAttempt attempt, CancellationToken cancellationToken) =>
        ValueTask.FromResult(desk.Begin(attempt));

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
                var (handler, decision) = await entrance.TryEnterAsync(
                    attempt.Connection, proof, service, generation, moment, cancellationToken);
                if (handler is not null)
                {
                    return new AuthenticationOutcome.Accepted(handler);
                }

                var no = decision.Refusal!;
                return decision.Missing is { } missing
                    ? await second.DemandAsync(attempt.Connection, proof, service, missing, no, cancellationToken)
                    : new AuthenticationOutcome.Refused(entrance.Refuse(attempt.Connection, proof, service, no));

            default:
                return new AuthenticationOutcome.Refused(Banner: null);
        }
    }
}
