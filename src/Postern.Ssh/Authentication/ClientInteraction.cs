using System.Text;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Client;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Authentication;

/// <summary>
/// The client's side of keyboard-interactive (RFC 4256): has questions of the server answered within the limits. Belongs to
/// the receive loop.
/// </summary>
internal sealed class ClientInteraction(
    ClientConfig config, ConnectionLoop loop, string connectionId, ILogger logger)
{
    // Number, counts and the lengths of as many responses as there may be.
    private const int ResponseOverhead = 128;

    private int _rounds;

    /// <summary>Has a round be answered and the answers sent; nothing is read meanwhile.</summary>
    public Task AnswerAsync(UserAuthInfoRequest request)
    {
        if (++_rounds > config.Limits.Rounds)
        {
            throw new DisconnectException(
                DisconnectCode.NoMoreAuthenticationMethods,
                ConnectionEnd.AuthenticationFailed,
                $"the server asked in more than {config.Limits.Rounds} rounds");
        }

        loop.Grace.StandStill(config.Limits.InteractiveTimeout);
        return SendAnswersAsync(request);
    }

    private async Task SendAnswersAsync(UserAuthInfoRequest request)
    {
        // The answerer may ask a terminal: not under the connection's lock.
        await Task.Yield();
        var round = new InteractiveRound(
            PeerText.ToLine(request.Name, WireLimits.Text),
            PeerText.ToLines(request.Instruction, WireLimits.Text),
            [.. request.Prompts.Select(prompt => new InteractivePrompt(PeerText.ToLines(prompt.Text, WireLimits.Text), prompt.IsEchoed))]);
        IReadOnlyList<string> responses;
        try
        {
            responses = await config.Prompts!.AnswerAsync(round, loop.Ended).AsTask().WaitAsync(loop.Ended);
        }
        catch (OperationCanceledException) when (loop.Ended.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            logger.QuestionsNotAnswered(exception, connectionId);
            throw NotAnswered("the server's questions were not answered");
        }

        if (responses.Count != round.Prompts.Count)
        {
            throw NotAnswered($"{responses.Count} answers to {round.Prompts.Count} questions");
        }

        if (responses.Any(response => Encoding.UTF8.GetByteCount(response) > WireLimits.Response))
        {
            throw NotAnswered($"an answer of more than {WireLimits.Response} bytes");
        }

        loop.Grace.GoOn();
        var answer = new UserAuthInfoResponse([.. responses]);
        loop.Send.Append(answer, ResponseOverhead + responses.Sum(response => Encoding.UTF8.GetByteCount(response)));
    }

    private static DisconnectException NotAnswered(string message) =>
        new(DisconnectCode.AuthCancelledByUser, ConnectionEnd.AuthenticationFailed, message);
}
