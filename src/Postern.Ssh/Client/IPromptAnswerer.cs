using Postern.Ssh.Server;

namespace Postern.Ssh.Client;

/// <summary>Answers what a server asks the person (RFC 4256).</summary>
public interface IPromptAnswerer
{
    /// <summary>
    /// Answers one round: as many responses as there are prompts. A round may have none. The texts are the server's, without
    /// control characters but line ends and tabs. What is thrown ends the attempt to connect.
    /// </summary>
    ValueTask<IReadOnlyList<string>> AnswerAsync(InteractiveRound round, CancellationToken cancellationToken);
}
