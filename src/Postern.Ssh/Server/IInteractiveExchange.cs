namespace Postern.Ssh.Server;

/// <summary>
/// One run of questions and answers (RFC 4256). The engine calls one member at a time, ends the exchange by disposing of it
/// once, whatever became of it, and never tells it of another user name.
/// </summary>
public interface IInteractiveExchange : IDisposable
{
    /// <summary>
    /// How long the person gets at most: the login grace stands still for so long while the exchange runs, within
    /// <see cref="AuthenticationLimits.InteractiveGrace"/>.
    /// </summary>
    TimeSpan Patience { get; }

    /// <summary>The first step.</summary>
    ValueTask<InteractiveStep> BeginAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The step after an answer: as many responses as there were prompts, each attacker-controlled text of at most 1024
    /// bytes. It may take as long as <see cref="Patience"/>; the client is not heard meanwhile.
    /// </summary>
    ValueTask<InteractiveStep> AnswerAsync(IReadOnlyList<string> responses, CancellationToken cancellationToken);
}
