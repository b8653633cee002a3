using System.Text;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Authentication;

/// <summary>
/// The server's side of keyboard-interactive (RFC 4256), and what was proved before it (RFC 4252 section 5.1). Both belong
/// to one user name; there is one service, so that cannot change. Belongs to the receive loop.
/// </summary>
internal sealed class ServerInteraction(
    AuthenticationLimits limits,
    IServerAuthenticator authenticator,
    LoginGrace grace,
    SendQueue send,
    ReachedLimits reached,
    ILogger logger) : IDisposable
{
    // Number, counts, flags and the lengths of an INFO_REQUEST with as many prompts as there may be.
    private const int RoundOverhead = 512;

    private string? _userName;
    private IPartialSuccess? _partial;
    private IInteractiveExchange? _exchange;
    private int _prompts;
    private int _rounds;

    /// <summary>Whether a factor was proved that is not enough.</summary>
    public bool IsPartial => _partial is not null;

    /// <summary>Whether an answer is waited for.</summary>
    public bool IsAsking => _exchange is not null;

    /// <summary>
    /// A new request came (RFC 4252 section 5.1): a pending exchange is aborted, and another user name leaves nothing of what was proved
    /// under the first. True when there was an exchange, which is told nobody but counts as a try.
    /// </summary>
    public bool BeginRequest(string userName)
    {
        var wasAsking = IsAsking;
        EndExchange();
        if (userName != _userName)
        {
            _partial = null;
            _userName = userName;
        }

        return wasAsking;
    }

    /// <summary>Lets go of what was proved: a key is judged by itself.</summary>
    public void ForgetPartialSuccess() => _partial = null;

    /// <summary>Keeps what was proved by the request under way.</summary>
    public void Keep(IPartialSuccess partial) => _partial = partial;

    /// <summary>Takes a request for keyboard-interactive; an outcome, or null when the person is asked.</summary>
    public async ValueTask<AuthenticationOutcome?> RequestAsync(ConnectionInfo connection, CancellationToken cancellationToken)
    {
        var exchange = _partial is { } partial
            ? await partial.BeginExchangeAsync(cancellationToken)
            : await authenticator.BeginExchangeAsync(new InteractiveAttempt(connection, _userName!), cancellationToken);
        if (exchange is null)
        {
            return new AuthenticationOutcome.Refused(Banner: null);
        }

        _exchange = exchange;
        grace.StandStill(exchange.Patience);
        return Take(await exchange.BeginAsync(cancellationToken));
    }

    /// <summary>Takes answers; an outcome, or null when the person is asked once more.</summary>
    public async ValueTask<AuthenticationOutcome?> AnswerAsync(
        ConnectionInfo connection, UserAuthInfoResponse answer, CancellationToken cancellationToken)
    {
        if (answer.Responses.Length != _prompts)
        {
            // RFC 4256 section 3.4 asks for a failure.
            logger.AnswersRefused(connection.Id, answer.Responses.Length, _prompts);
            EndExchange();
            return new AuthenticationOutcome.Refused(Banner: null);
        }

        return Take(await _exchange!.AnswerAsync(answer.Responses, cancellationToken));
    }

    /// <inheritdoc/>
    public void Dispose() => EndExchange();

    private AuthenticationOutcome? Take(InteractiveStep step)
    {
        switch (step)
        {
            case InteractiveStep.Decided(var outcome):
                EndExchange();
                return outcome;
            case InteractiveStep.Asked when ++_rounds > limits.MaximumRounds:
                reached.Note(EngineLimit.Rounds);
                EndExchange();
                return new AuthenticationOutcome.Refused(Banner: null, IsFinal: true);
            case InteractiveStep.Asked(var round):
                Ask(round);
                return null;
            default:
                throw new InvalidOperationException($"an exchange gave {step}");
        }
    }

    private void Ask(InteractiveRound round)
    {
        if (round.Prompts.Count > UserAuthInfoRequest.MaximumPrompts)
        {
            throw new InvalidOperationException($"{round.Prompts.Count} prompts exceed {UserAuthInfoRequest.MaximumPrompts}");
        }

        _prompts = round.Prompts.Count;
        var request = new UserAuthInfoRequest(
            round.Name,
            round.Instruction.ReplaceLineEndings("\r\n"),
            [.. round.Prompts.Select(prompt => new UserAuthInfoRequest.Prompt(prompt.Text, prompt.IsEchoed))]);
        var texts = Encoding.UTF8.GetByteCount(request.Name) + Encoding.UTF8.GetByteCount(request.Instruction)
            + request.Prompts.Sum(prompt => Encoding.UTF8.GetByteCount(prompt.Text));
        send.Append(request, RoundOverhead + texts);
    }

    private void EndExchange()
    {
        if (_exchange is { } exchange)
        {
            _exchange = null;
            grace.GoOn();
            exchange.Dispose();
        }
    }
}
