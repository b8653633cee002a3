using Postern.Ssh.Client;
using Postern.Ssh.Server;

namespace Postern.Ssh.Tests.Fixtures;

/// <summary>Gives the same answer to every question.</summary>
internal sealed class ScriptedAnswers(string answer) : IPromptAnswerer
{
    public List<InteractiveRound> Rounds { get; } = [];

    /// <summary>What is said instead of one answer to each prompt.</summary>
    public Func<InteractiveRound, IReadOnlyList<string>>? Otherwise { get; init; }

    public ValueTask<IReadOnlyList<string>> AnswerAsync(InteractiveRound round, CancellationToken cancellationToken)
    {
        Rounds.Add(round);
        return ValueTask.FromResult(Otherwise?.Invoke(round) ?? [.. round.Prompts.Select(_ => answer)]);
    }
}
