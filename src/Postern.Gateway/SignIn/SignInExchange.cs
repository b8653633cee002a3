using Postern.Directory.Devices;
using Postern.Ssh.Server;

namespace Postern.Gateway.SignIn;

/// <summary>
/// Asks whether somebody is there, then shows the link and waits. Programs without a person answer a question of theirs with
/// nothing, with a password or not at all, so they end at once and do not wait for a browser that nobody opens. Each look at
/// the request is followed by a round without prompts, which only a client that is still there answers: one that has gone
/// holds its place for seconds and not for minutes.
/// </summary>
internal sealed class SignInExchange(SignInDesk desk, InteractiveAttempt attempt, IDisposable place, TimeSpan wait, TimeProvider time) : IInteractiveExchange
{
    /// <summary>What the last look may take beyond the life of the code.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(15);

    private static readonly InteractiveStep StillThere = new InteractiveStep.Asked(new InteractiveRound("", "", []));

    private readonly DateTimeOffset _end = time.GetUtcNow() + wait;
    private DeviceCodes? _codes;

    /// <inheritdoc/>
    public TimeSpan Patience => wait + Margin;

    /// <inheritdoc/>
    public ValueTask<InteractiveStep> BeginAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<InteractiveStep>(new InteractiveStep.Asked(SignInDesk.Question));

    /// <inheritdoc/>
    public async ValueTask<InteractiveStep> AnswerAsync(IReadOnlyList<string> responses, CancellationToken cancellationToken)
    {
        if (_codes is { } codes)
        {
            await Task.Delay(TimeSpan.FromSeconds(codes.IntervalSeconds), time, cancellationToken);
            return await desk.LookAsync(attempt, codes, cancellationToken) is { } outcome
                ? new InteractiveStep.Decided(outcome)
                : StillThere;
        }

        // The engine asks under its own lock, and SQLite works before it returns a task.
        await Task.Yield();
        if (!SignInDesk.IsYes(responses[0]))
        {
            return new InteractiveStep.Decided(desk.Decline(attempt));
        }

        // Who thinks for long has the rest of the time: the wait, and the place that it takes, end when they would have ended.
        var left = _end - time.GetUtcNow();
        _codes = left > TimeSpan.Zero ? await desk.AskAsync(attempt, left, cancellationToken) : null;
        return _codes is null
            ? new InteractiveStep.Decided(desk.RefuseForNow(attempt))
            : new InteractiveStep.Asked(desk.Invite(attempt, _codes, left));
    }

    /// <inheritdoc/>
    public void Dispose() => desk.Leave(_codes, place);
}
