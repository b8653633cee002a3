using Postern.Ssh.Messages;
using Postern.Ssh.Server;

namespace Postern.Ssh.Tests.Fixtures;

/// <summary>An exchange that a test leads: what it asks first, and what it makes of answers.</summary>
internal sealed class ScriptedExchange(InteractiveStep first, Func<IReadOnlyList<string>, InteractiveStep> judge) : IInteractiveExchange
{
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(3);

    public List<IReadOnlyList<string>> Answers { get; } = [];

    public int Disposals { get; private set; }

    /// <summary>Holds an answer up, when it takes its time.</summary>
    public Func<CancellationToken, Task> Wait { get; init; } = _ => Task.CompletedTask;

    public static InteractiveStep Ask(params string[] prompts) => new InteractiveStep.Asked(
        new InteractiveRound("Name", "Two\nlines", [.. prompts.Select(prompt => new InteractivePrompt(prompt, IsEchoed: false))]));

    /// <summary>A request to be asked.</summary>
    public static byte[] Request(string user = "user") =>
        ScriptedPeer.Encode(new UserAuthRequest(
            user, "ssh-connection", "keyboard-interactive", MessageCodec.WritePart(new KeyboardInteractiveRequest("", "totp"), 64)));

    public ValueTask<InteractiveStep> BeginAsync(CancellationToken cancellationToken) => ValueTask.FromResult(first);

    public async ValueTask<InteractiveStep> AnswerAsync(IReadOnlyList<string> responses, CancellationToken cancellationToken)
    {
        Answers.Add(responses);
        await Wait(cancellationToken);
        return judge(responses);
    }

    public void Dispose() => Disposals++;

    /// <summary>What follows a right key.</summary>
    internal sealed class After(Func<IInteractiveExchange> begin) : IPartialSuccess
    {
        public ValueTask<IInteractiveExchange> BeginExchangeAsync(CancellationToken cancellationToken) => ValueTask.FromResult(begin());
    }
}
