namespace Postern.Ssh.Server;

/// <summary>
/// A factor that was proved and is not enough (RFC 4252 section 5.1): the way on is to answer questions. The engine keeps it
/// for exactly the user name and service of the request that proved it, and lets go of it with the first request that is of
/// another name or proves a key again.
/// </summary>
public interface IPartialSuccess
{
    /// <summary>Begins to ask for the rest; called for each keyboard-interactive request that follows.</summary>
    ValueTask<IInteractiveExchange> BeginExchangeAsync(CancellationToken cancellationToken);
}
