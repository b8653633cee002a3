using Microsoft.Extensions.Logging;
using Postern.Directory.Approvals;
using Postern.Directory.Audit;
using Postern.Directory.Factors;
using Postern.Gateway.Refusals;
using Postern.Ssh.Server;

namespace Postern.Gateway.Authentication;

/// <summary>
/// What goes beside a plain key where an organization requires MFA: a code of the person's authenticator app, typed inside
/// ssh and remembered as an approval. Whoever has no app, or comes from an address that is not known, is refused as before.
/// </summary>
public sealed class SecondFactor(
    SecondFactors factors,
    SshApprovals approvals,
    Entrance entrance,
    AuditTrail audit,
    GatewayConfig config,
    GatewayMetrics metrics,
    ILogger<SecondFactor> logger)
{
    /// <summary>Asks for what is missing, or refuses.</summary>
    internal async Task<AuthenticationOutcome> DemandAsync(
        ConnectionInfo connection, Proof proof, string service, ApprovalScope missing, Refusal refusal, CancellationToken cancellationToken)
    {
        if (!await factors.HasAuthenticatorAsync(proof.Person.Id, cancellationToken))
        {
            var fix = $"Set up multi-factor authentication{config.SecurityPage(" at ")}, then connect again or run: postern login -f";
            return new AuthenticationOutcome.Refused(entrance.Refuse(connection, proof, service, refusal with { Fix = fix }));
        }

        // A client that cannot ask anybody ends now, so the whole refusal goes first; it says what the others do next.
        logger.CodeDemanded(connection.Id, proof.Person.Id, proof.Description);
        metrics.Asked();
        var banner = refusal with { Fix = "Type the code of your authenticator app when you are asked for it, or run: postern login -f" };
        return new AuthenticationOutcome.PartlyAccepted(
            new Missing(this, connection, proof, service, missing),
            banner.Banner(service, proof.Person.DisplayName, proof.Person.Id));
    }

    /// <summary>Lets the person in if that has become possible, perhaps by another connection of theirs.</summary>
    private async Task<AuthenticationOutcome?> EnterAsync(Missing missing, CancellationToken cancellationToken)
    {
        var (connection, proof, service) = (missing.Connection, missing.Proof, missing.Service);
        var (handler, decision) = await entrance.TryEnterAsync(connection, proof, service, cancellationToken);
        if (handler is not null)
        {
            return new AuthenticationOutcome.Accepted(handler);
        }

        return decision.Missing is null
            ? new AuthenticationOutcome.Refused(entrance.Refuse(connection, proof, service, decision.Refusal!), IsFinal: true)
            : null;
    }

    private async Task<AuthenticationOutcome> CheckAsync(Missing missing, string typed, CancellationToken cancellationToken)
    {
        // The code is not used up when another connection of the same editor was quicker.
        if (await EnterAsync(missing, cancellationToken) is { } quicker)
        {
            return quicker;
        }

        var (connection, proof, service) = (missing.Connection, missing.Proof, missing.Service);
        var check = await factors.VerifyTotpAsync(proof.Person.Id, typed, cancellationToken);
        metrics.Checked(check.Verdict);
        logger.CodeChecked(connection.Id, proof.Person.Id, check.Verdict);
        if (!check.IsAccepted)
        {
            var refusal = Word(check);
            return new AuthenticationOutcome.Refused(
                entrance.Refuse(connection, proof, service, refusal), IsFinal: refusal.Code == RefusalCode.CodesLocked);
        }

        var approval = await approvals.AddAsync(missing.Scope, config.ApprovalLifetime, cancellationToken);
        await audit.WriteAsync(
            proof.Person.Id.ToString(),
            "ssh.approved",
            approval.Id.ToString(),
            connection.Id,
            $"{proof.Description} from {missing.Scope.Source} for {missing.Scope.OrganizationId} until {approval.ExpiresAt:u}",
            cancellationToken);
        return await EnterAsync(missing, cancellationToken)
            ?? throw new InvalidOperationException("an approval that was just made does not hold");
    }

    private static Refusal Word(CodeCheck check) => check switch
    {
        { RetryAfter: var wait } when wait > TimeSpan.Zero => new Refusal(
            RefusalCode.CodesLocked, $"Wait for {Math.Ceiling(wait.TotalMinutes):0} minutes, then connect again"),
        { Verdict: CodeVerdict.AlreadyUsed } => new Refusal(
            RefusalCode.CodeWrong, "This code was used before: wait for the next one in your authenticator app"),
        _ => new Refusal(RefusalCode.CodeWrong, "Type the six digits that your authenticator app shows now (and check its clock)"),
    };

    /// <summary>A proved key that is not enough.</summary>
    private sealed class Missing(
        SecondFactor factor, ConnectionInfo connection, Proof proof, string service, ApprovalScope scope) : IPartialSuccess
    {
        public SecondFactor Factor => factor;

        public ConnectionInfo Connection => connection;

        public Proof Proof => proof;

        public string Service => service;

        public ApprovalScope Scope => scope;

        public ValueTask<IInteractiveExchange> BeginExchangeAsync(CancellationToken cancellationToken) =>
            ValueTask.FromResult<IInteractiveExchange>(new Question(this));
    }

    /// <summary>One question for one code.</summary>
    private sealed class Question(Missing missing) : IInteractiveExchange
    {
        public TimeSpan Patience => TimeSpan.FromMinutes(2);

        public async ValueTask<InteractiveStep> BeginAsync(CancellationToken cancellationToken)
        {
            // The engine asks under its own lock, and SQLite works before it returns a task.
            await Task.Yield();
            return await missing.Factor.EnterAsync(missing, cancellationToken) is { } quicker
                ? new InteractiveStep.Decided(quicker)
                : new InteractiveStep.Asked(new InteractiveRound(
                    "Multi-factor authentication",
                    "Type the six digits that your authenticator app shows for this account.",
                    [new InteractivePrompt("Code: ", IsEchoed: true)]));
        }

        public async ValueTask<InteractiveStep> AnswerAsync(IReadOnlyList<string> responses, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return new InteractiveStep.Decided(await missing.Factor.CheckAsync(missing, responses[0], cancellationToken));
        }

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
