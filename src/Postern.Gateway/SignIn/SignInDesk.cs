using Microsoft.Extensions.Logging;
using Postern.Directory.Audit;
using Postern.Directory.Devices;
using Postern.Directory.Routing;
using Postern.Gateway.Authentication;
using Postern.Gateway.Listening;
using Postern.Gateway.Refusals;
using Postern.Gateway.Routing;
using Postern.Ssh.Server;

namespace Postern.Gateway.SignIn;

/// <summary>
/// Signs people in who come with plain ssh and nothing else: asks whether somebody is there, shows a link with a short code, waits
/// until somebody allows it in a browser, and lets that person in for this connection. It looks at no user name before that, so
/// all get the same.
/// </summary>
public sealed class SignInDesk(
    DeviceApprovals approvals,
    SshSignIns sessions,
    GatewayDirectory directory,
    Entrance entrance,
    AuditTrail audit,
    GatewayConfig config,
    GatewayMetrics metrics,
    TimeProvider time,
    ILogger<SignInDesk> logger) : IAsyncDisposable
{
    /// <summary>An answer longer than this is no yes; passwords that programs send are not looked at.</summary>
    private const int LongestYes = 16;

    private readonly SignInRoom _room = new(config);
    private readonly Lock _gate = new();
    private Task _tidying = Task.CompletedTask;

    /// <summary>Whether people may sign in in this way.</summary>
    public bool IsOpen => config.SignIn.IsEnabled && config.AccountsUrl is not null;

    /// <summary>How many connections wait now.</summary>
    public int Waiting => _room.Count;

    /// <summary>Begins a sign-in; null where there can be none.</summary>
    internal IInteractiveExchange? Begin(InteractiveAttempt attempt)
    {
        var connection = attempt.Connection;

        // Who allows it must see who asks: without the client's own address there is nothing to compare.
        if (!IsOpen || connection.RemoteEndPoint.Port == 0)
        {
            return null;
        }

        var (place, limit) = _room.TryEnter(ClientSource.Of(connection.RemoteEndPoint.Address));
        if (place is null)
        {
            return new Declined(Refuse(attempt, limit!.Value));
        }

        metrics.SignIn(+1);
        logger.SignInOffered(connection.Id, connection.RemoteEndPoint.Address);
        return new SignInExchange(this, attempt, place, config.SignIn.Wait, time);
    }

    /// <summary>What is asked first. It must not look like a question for a password, which some programs answer with one.</summary>
    internal static InteractiveRound Question { get; } = new(
        "", "No key or certificate of this client is known here.", [new InteractivePrompt("Sign in with a browser? [y/N] ", IsEchoed: true)]);

    /// <summary>Whether the answer to that is a person's yes.</summary>
    internal static bool IsYes(string answer) =>
        answer.Length <= LongestYes && answer.Trim().ToUpperInvariant() is "Y" or "YES";

    /// <summary>Makes the code that the person allows; null when too many wait for that.</summary>
    internal Task<DeviceCodes?> AskAsync(InteractiveAttempt attempt, TimeSpan lifetime, CancellationToken cancellationToken) =>
        approvals.AskAsync(
            new DeviceAsk
            {
                Requester = DeviceRequest.SshRequester,
                Purpose = $"Open an SSH connection to {Shown(attempt)}",
                Lifetime = lifetime,
                Address = attempt.Connection.RemoteEndPoint.Address.ToString(),
                UserAgent = Refusal.Printable(attempt.Connection.ClientVersion),
            },
            cancellationToken);

    /// <summary>Nobody is there, or does not want to.</summary>
    internal AuthenticationOutcome Decline(InteractiveAttempt attempt) => End(attempt, new Refusal(
        RefusalCode.SignInNotWanted, "Use a certificate (postern ssh-cert:load) or an SSH key of your account, or answer y in a terminal"));

    /// <summary>As many codes wait as may, or there is no time left.</summary>
    internal AuthenticationOutcome RefuseForNow(InteractiveAttempt attempt) => Refuse(attempt, AdmissionLimit.SignIns);

    /// <summary>What the person is told.</summary>
    internal InteractiveRound Invite(InteractiveAttempt attempt, DeviceCodes codes, TimeSpan left) => new(
        "",
        $"""

        To sign in and open {Shown(attempt)}, go to
          {config.AccountsUrl}/device?user_code={codes.UserCode}
        and compare: the page must show the code {codes.UserCode}
        and the address {attempt.Connection.RemoteEndPoint.Address}. Never allow a code that somebody sent you.
        Waiting for {Math.Ceiling(left.TotalMinutes):0} minutes...

        """,
        []);

    /// <summary>How a request stands: null while nobody has decided.</summary>
    internal async Task<AuthenticationOutcome?> LookAsync(
        InteractiveAttempt attempt, DeviceCodes codes, CancellationToken cancellationToken)
    {
        var poll = await approvals.PollAsync(codes.DeviceCode, DeviceRequest.SshRequester, cancellationToken);
        switch (poll.State)
        {
            case DevicePollState.Pending or DevicePollState.TooSoon:
                return null;
            case DevicePollState.Approved:
                return await TakeUpAsync(attempt, poll.Request!, cancellationToken);
            case DevicePollState.Denied:
                return End(attempt, new Refusal(RefusalCode.SignInDenied, "If it was not you who denied it, tell your administrator"));
            default:
                return End(attempt, new Refusal(RefusalCode.SignInExpired, "Connect again"));
        }
    }

    /// <summary>The connection is over, or the exchange is: nobody can allow it any more.</summary>
    internal void Leave(DeviceCodes? codes, IDisposable place)
    {
        place.Dispose();
        metrics.SignIn(-1);
        if (codes is null)
        {
            return;
        }

        Tidy(async () =>
        {
            try
            {
                await approvals.WithdrawAsync(codes.DeviceCode, CancellationToken.None);
            }
            catch (Exception exception)
            {
                // It ends by itself in a few minutes, and whoever allows it until then allows nothing.
                logger.SignInNotWithdrawn(exception);
            }
        });
    }

    /// <summary>Waits until what is over has left nothing behind.</summary>
    public async ValueTask DisposeAsync()
    {
        Task tidying;
        lock (_gate)
        {
            tidying = _tidying;
        }

        await tidying;
    }

    // Who goes does not wait for the database, but the server does before it ends.
    private void Tidy(Func<Task> work)
    {
        lock (_gate)
        {
            var task = Task.Run(work);
            _tidying = _tidying.IsCompleted ? task : Task.WhenAll(_tidying, task);
        }
    }

    /// <summary>Ends the session of a connection that is over.</summary>
    private async Task EndSessionAsync(string connectionId, Guid session)
    {
        try
        {
            await sessions.EndAsync(session, CancellationToken.None);
        }
        catch (Exception exception)
        {
            // It ends by itself at its time; nothing else can use it.
            logger.SignInNotEnded(connectionId, exception);
        }
    }

    // Text of a stranger's on a page of ours could be a message; what an app can be called has no blanks. Nothing is looked up.
    private static string Shown(InteractiveAttempt attempt) =>
        SshUserName.TryParse(attempt.UserName, out _) ? attempt.UserName : "a name that no app has";

    private async Task<AuthenticationOutcome> TakeUpAsync(
        InteractiveAttempt attempt, DeviceRequest request, CancellationToken cancellationToken)
    {
        var connection = attempt.Connection;
        if (await sessions.BeginAsync(request, config.ApprovalLifetime, cancellationToken) is not { } session)
        {
            return End(attempt, new Refusal(RefusalCode.SignInExpired, "Connect again"));
        }

        try
        {
            if (await directory.FindPersonAsync(session.UserId, cancellationToken) is not { } person)
            {
                await EndSessionAsync(connection.Id, session.Id);
                return End(attempt, new Refusal(RefusalCode.SignInExpired, "Connect again"));
            }

            var proof = new Proof(person, session.Id, null, $"sign-in {session.Id}", null);
            await audit.WriteAsync(
                person.Id.ToString(),
                "ssh.signed_in",
                Refusal.Printable(attempt.UserName),
                connection.Id,
                $"{proof.Description} ({session.Amr}) from {connection.RemoteEndPoint.Address}",
                cancellationToken);
            var (handler, decision) = await entrance.TryEnterAsync(connection, proof, attempt.UserName, cancellationToken);
            if (handler is not null)
            {
                return new AuthenticationOutcome.Accepted(new SignedInConnection(handler, () => Tidy(() => EndSessionAsync(connection.Id, session.Id))));
            }

            await EndSessionAsync(connection.Id, session.Id);
            var no = decision.Refusal!;
            if (no.Code == RefusalCode.MfaRequired)
            {
                no = no with { Fix = $"Sign in to {config.AccountsUrl} with multi-factor authentication, then connect again" };
            }
            else if (no.Code == RefusalCode.SsoRequired)
            {
                no = no with { Fix = $"Sign in to {config.AccountsUrl} with single sign-on, then connect again" };
            }

            return new AuthenticationOutcome.Refused(entrance.Refuse(connection, proof, attempt.UserName, no), IsFinal: true);
        }
        catch
        {
            await EndSessionAsync(connection.Id, session.Id);
            throw;
        }
    }

    private AuthenticationOutcome.Refused Refuse(InteractiveAttempt attempt, AdmissionLimit limit)
    {
        metrics.Refused(limit);
        logger.TooManySignIns(attempt.Connection.Id, attempt.Connection.RemoteEndPoint.Address, limit);
        return End(attempt, new Refusal(RefusalCode.TooManySignIns, "Try again in a few minutes, or use an SSH key or postern login"));
    }

    // Nobody is known yet, so nobody is named.
    private AuthenticationOutcome.Refused End(InteractiveAttempt attempt, Refusal refusal)
    {
        logger.SignInEnded(attempt.Connection.Id, refusal.Code);
        return new(refusal.Banner(attempt.UserName, null, Guid.Empty), IsFinal: true);
    }

    /// <summary>A sign-in that never begins.</summary>
    private sealed class Declined(AuthenticationOutcome outcome) : IInteractiveExchange
    {
        public TimeSpan Patience => TimeSpan.Zero;

        public ValueTask<InteractiveStep> BeginAsync(CancellationToken cancellationToken) =>
            ValueTask.FromResult<InteractiveStep>(new InteractiveStep.Decided(outcome));

        public ValueTask<InteractiveStep> AnswerAsync(IReadOnlyList<string> responses, CancellationToken cancellationToken) =>
            BeginAsync(cancellationToken);

        public void Dispose()
        {
            // Nothing is held.
        }
    }
}
