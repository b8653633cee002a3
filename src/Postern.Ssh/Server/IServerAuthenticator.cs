namespace Postern.Ssh.Server;

/// <summary>
/// Decides who a connection belongs to. The engine calls it for one request at a time on a connection and has
/// already checked form, limits and signatures.
/// </summary>
public interface IServerAuthenticator
{
    /// <summary>
    /// Answers a public-key query (RFC 4252 section 7, no signature yet): whether a signature by this key would be
    /// worth making. It grants nothing and must not differ for users that do not exist.
    /// </summary>
    ValueTask<bool> IsKeyWorthTryingAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken);

    /// <summary>Decides on a key or certificate whose possession was just proved by a verified signature.</summary>
    ValueTask<AuthenticationOutcome> AuthenticateAsync(PublicKeyAttempt attempt, CancellationToken cancellationToken);

    /// <summary>
    /// Whether people who have proved nothing yet may ask for keyboard-interactive. After a partial success it is always there.
    /// </summary>
    bool OffersInteraction => false;

    /// <summary>
    /// Begins to ask somebody who has proved nothing yet; null for no. It must not differ for users that do not exist.
    /// </summary>
    ValueTask<IInteractiveExchange?> BeginExchangeAsync(InteractiveAttempt attempt, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IInteractiveExchange?>(null);
}
