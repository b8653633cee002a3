using Postern.Directory.Devices;
using Postern.Ssh.Server;

namespace Postern.Gateway.SignIn;

/// <summary>
/// Shows the link and waits. Each look at the request is followed by a round without prompts, which only a client that is
/// still there answers: one that has gone holds its place for seconds and not for minutes.
/// </summary>
internal sealed class SignInExchange(
    SignInDesk desk, InteractiveAttempt attempt, DeviceCodes codes, IDisposable place, TimeSpan wait, TimeProvider time) : IInteractiveExchange
{
    /// <summary>What the last look may take beyond the life of the code.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(15);

    private static readonly InteractiveStep StillThere = new InteractiveStep.Asked(new InteractiveRound("", "", []));

    /// <inheritdoc/>
    public TimeSpan Patience => wait + Margin;

    /// <inheritdoc/>
    public ValueTask<InteractiveStep> BeginAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<InteractiveStep>(new InteractiveStep.Asked(desk.Invite(attempt, codes)));

    /// <inheritdoc/>
    public async ValueTask<InteractiveStep> AnswerAsync(IReadOnlyList<string> responses, CancellationToken cancellationToken)
    {
        await Task.Delay(TimeSpan.FromSeconds(codes.IntervalSeconds), time, cancellationToken);
        return await desk.LookAsync(attempt, codes, cancellationToken) is { } outcome
            ? new InteractiveStep.Decided(outcome)
            : StillThere;
    }

    /// <inheritdoc/>
    public void Dispose() => desk.Leave(codes, place);
}
