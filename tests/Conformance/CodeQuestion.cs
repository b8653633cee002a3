using Postern.Ssh.Server;

namespace Conformance;

/// <summary>Asks for a code, tells something in a round of its own, and asks again until it is right.</summary>
public sealed class CodeQuestion : IInteractiveExchange, IPartialSuccess
{
    public const string Right = "271828";

    private int _rounds;

    /// <summary>Rounds without a prompt before anything is asked: a client that waits for something else than its person.</summary>
    public int SilentRounds { get; init; }

    public bool IsOver { get; private set; }

    public TimeSpan Patience => TimeSpan.FromMinutes(1);

    public ValueTask<IInteractiveExchange> BeginExchangeAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IInteractiveExchange>(new CodeQuestion { SilentRounds = SilentRounds });

    public ValueTask<InteractiveStep> BeginAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Next([]));

    public ValueTask<InteractiveStep> AnswerAsync(IReadOnlyList<string> responses, CancellationToken cancellationToken) =>
        ValueTask.FromResult(Next(responses));

    public void Dispose() => IsOver = true;

    private InteractiveStep Next(IReadOnlyList<string> responses)
    {
        if (_rounds < SilentRounds)
        {
            var instruction = _rounds++ == 0 ? "Open https://sign.example/ and\ncompare the code." : "";
            return new InteractiveStep.Asked(new InteractiveRound("", instruction, []));
        }

        if (_rounds++ == SilentRounds)
        {
            return new InteractiveStep.Asked(new InteractiveRound(
                "Second factor", "It is in your authenticator app.", [new InteractivePrompt("Code: ", IsEchoed: false)]));
        }

        return new InteractiveStep.Decided(responses is [Right]
            ? new AuthenticationOutcome.Accepted(new CommandHandler())
            : new AuthenticationOutcome.Refused("That code is not right.\n"));
    }
}
