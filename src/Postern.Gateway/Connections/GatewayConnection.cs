using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Postern.Directory.Audit;
using Postern.Gateway.Refusals;
using Postern.Gateway.Routing;
using Postern.Ssh.Connection;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Targets;

namespace Postern.Gateway.Connections;

/// <summary>
/// One connection that was let in: opens its channels to the app of its grant, for as long as the grant holds.
/// </summary>
public sealed class GatewayConnection : IServerConnectionHandler
{
    private static readonly Refusal NotPermitted = new(
        RefusalCode.NotPermittedByCertificate, "Run: postern ssh-cert:load --new");

    /// <summary>
    /// Channels towards the person that may wait to be opened: as many as the other way round. Whatever runs in the app can
    /// ask for them, and each is a question to the Directory.
    /// </summary>
    private const int MaximumOpensToPerson = 32;

    /// <summary>Destinations that are remembered; beyond it all are forgotten, and written to the trail once more.</summary>
    private const int MaximumAuditedDestinations = 256;

    private readonly ConnectionInfo _info;
    private readonly GrantDecider _decider;
    private readonly ITarget _target;
    private readonly LiveConnections _live;
    private readonly UserPlace _place;
    private readonly AuditTrail _audit;
    private readonly ILogger<GatewayConnection> _logger;

    // A tunnel may open thousands of channels to one destination; the trail needs to know of each destination once. All
    // that ask while it is written wait for it, and a failure is forgotten, so that the next one writes again.
    private readonly ConcurrentDictionary<string, Lazy<Task>> _auditedDestinations = new();

    private readonly Forwards _forwards;
    private readonly int _generation;
    private int _opensToPerson;
    private volatile Grant _grant;
    private volatile Refusal? _withdrawn;
    private volatile ServerConnection? _connection;

    internal GatewayConnection(
        ConnectionInfo info,
        Grant grant,
        int generation,
        GrantDecider decider,
        ITarget target,
        LiveConnections live,
        UserPlace place,
        AuditTrail audit,
        ILogger<GatewayConnection> logger)
    {
        _info = info;
        _grant = grant;
        _generation = generation;
        _decider = decider;
        _target = target;
        _live = live;
        _place = place;
        _audit = audit;
        _logger = logger;
        _forwards = new Forwards(OpenToPersonAsync);
    }

    /// <summary>What the connection may do now.</summary>
    public Grant Grant => _grant;

    private bool IsWithdrawn => _withdrawn is not null;

    /// <inheritdoc/>
    public void OnAuthenticated(ServerConnection connection)
    {
        _connection = connection;
        _live.Add(this, _generation);
    }

    /// <inheritdoc/>
    public void OnEnded(ConnectionEnd end)
    {
        // The place first: whoever sees that the connection is gone may come in for it.
        _place.Dispose();
        _live.Remove(this);
        _ = EndForwardsAsync();
        _logger.Ended(_info.Id, end);
    }

    /// <summary>The grant was asked again and holds, perhaps for a newer deployment.</summary>
    public void Renew(Grant grant) => _grant = grant;

    /// <summary>The grant no longer holds: no channel opens any more, and the connection ends with the reason.</summary>
    public void Withdraw(Refusal refusal)
    {
        if (_withdrawn is null)
        {
            _withdrawn = refusal;
            _logger.GrantWithdrawn(_info.Id, refusal.Code);
        }

        _connection?.Disconnect(refusal.Line);
    }

    /// <summary>Ends the connection because the server stops.</summary>
    public void Stop() => _connection?.Disconnect("The server is restarting; connect again in a moment.");

    /// <inheritdoc/>
    public async ValueTask<ChannelOpenDecision> OpenChannelAsync(ChannelOpenRequest request, CancellationToken cancellationToken)
    {
        if (_withdrawn is { } withdrawn)
        {
            return Refuse(ChannelOpenFailureReason.AdministrativelyProhibited, withdrawn);
        }

        // The engine asks under its own lock, and a database may do all its work before it returns a task: without this,
        // one slow write would hold up everything else on the connection.
        await Task.Yield();
        try
        {
            // What held at connect may not hold now: a shared master connection can be days old.
            var current = await _decider.DecideAsync(_grant.Proof, _grant.Service, cancellationToken);
            if (current.Grant is not { } grant)
            {
                Withdraw(current.Refusal!);
                return Refuse(ChannelOpenFailureReason.AdministrativelyProhibited, current.Refusal!);
            }

            var app = await _target.PrepareAsync(grant.Environment, grant.App, grant.Instance, cancellationToken);
            if (_withdrawn is { } meanwhile)
            {
                return Refuse(ChannelOpenFailureReason.AdministrativelyProhibited, meanwhile);
            }

            var decision = request switch
            {
                ChannelOpenRequest.Session => await OpenSessionAsync(app, grant, cancellationToken),
                ChannelOpenRequest.DirectTcpIp tunnel => await OpenTunnelAsync(app, grant, tunnel, cancellationToken),
                ChannelOpenRequest.DirectStreamLocal socket => await OpenSocketAsync(app, grant, socket, cancellationToken),
                _ => new ChannelOpenDecision.Refused(ChannelOpenFailureReason.UnknownChannelType, "This type of channel is not supported."),
            };
            if (decision is ChannelOpenDecision.Accepted tooLate && _withdrawn is { } now)
            {
                tooLate.Handler.OnClosed();
                return Refuse(ChannelOpenFailureReason.AdministrativelyProhibited, now);
            }

            return decision;
        }
        catch (TargetException exception)
        {
            _logger.TargetFailed(_info.Id, exception);
            var reason = exception.Failure == TargetFailure.ConnectFailed
                ? ChannelOpenFailureReason.ConnectFailed
                : ChannelOpenFailureReason.ResourceShortage;
            var code = exception.Failure switch
            {
                TargetFailure.ConnectFailed => RefusalCode.DestinationUnreachable,
                TargetFailure.NoSuchInstance => RefusalCode.NoSuchInstance,
                _ => RefusalCode.TargetFailed,
            };
            return new ChannelOpenDecision.Refused(reason, $"{exception.PeerMessage} (Code: PST-{(int)code})");
        }
    }

    /// <inheritdoc/>
    public async ValueTask<GlobalReply> AnswerAsync(GlobalRequest request, CancellationToken cancellationToken)
    {
        switch (request)
        {
            case GlobalRequest.CancelTcpIpForward or GlobalRequest.CancelStreamLocalForward:
                return await _forwards.CancelAsync(request);
            case GlobalRequest.TcpIpForward forward:
                return await ForwardAsync(request, $"{forward.Address}:{forward.Port}", cancellationToken);
            case GlobalRequest.StreamLocalForward forward:
                return await ForwardAsync(request, forward.SocketPath, cancellationToken);
            default:
                return GlobalReply.Failure;
        }
    }

    private async Task<GlobalReply> ForwardAsync(GlobalRequest request, string address, CancellationToken cancellationToken)
    {
        var printable = Refusal.Printable(address);
        if (_withdrawn is not null || !Permits(_grant, CertificatePermissions.PortForwarding))
        {
            _logger.ForwardRefused(_info.Id, printable, (_withdrawn ?? NotPermitted).Code);
            return GlobalReply.Failure;
        }

        if (_forwards.IsFull)
        {
            _logger.TooManyForwards(_info.Id, printable, Forwards.Maximum);
            return GlobalReply.Failure;
        }

        // The same as for channels: the engine asks under its own lock.
        await Task.Yield();
        try
        {
            var current = await _decider.DecideAsync(_grant.Proof, _grant.Service, cancellationToken);
            if (current.Grant is not { } grant)
            {
                Withdraw(current.Refusal!);
                return GlobalReply.Failure;
            }

            var app = await _target.PrepareAsync(grant.Environment, grant.App, grant.Instance, cancellationToken);
            await _audit.WriteAsync(
                $"{grant.Proof.Person.Id}", "ssh.forward.opened", grant.Service, _info.Id, printable, cancellationToken);
            return await _forwards.OpenAsync(app, request, cancellationToken);
        }
        catch (TargetException exception)
        {
            _logger.ForwardFailed(_info.Id, printable, exception);
            return GlobalReply.Failure;
        }
    }

    private async Task<ChannelOpenDecision> OpenSessionAsync(ITargetApp app, Grant grant, CancellationToken cancellationToken)
    {
        await _audit.WriteAsync($"{grant.Proof.Person.Id}", "ssh.session.opened", grant.Service, _info.Id, null, cancellationToken);
        return new ChannelOpenDecision.Accepted(app.OpenSession(new SessionContext
        {
            MessageOfTheDay = WelcomeMessage.For(grant.Environment),
            UserDisplay = $"{grant.Proof.Person.Id}",
            Client = _info.RemoteEndPoint,
            ForcedCommand = grant.Proof.Certificate?.ForcedCommand,
            AllowsTerminal = Permits(grant, CertificatePermissions.Terminal),
            OpenKeyAgent = Permits(grant, CertificatePermissions.AgentForwarding)
                ? (handler, _, ending) => OpenToPersonAsync(new ChannelOpenRequest.KeyAgent(), handler, ending)
                : null,
        }));
    }

    private async Task<ChannelOpenDecision> OpenSocketAsync(
        ITargetApp app, Grant grant, ChannelOpenRequest.DirectStreamLocal request, CancellationToken cancellationToken)
    {
        if (!Permits(grant, CertificatePermissions.PortForwarding))
        {
            _logger.TunnelRefused(_info.Id, Refusal.Printable(request.SocketPath), NotPermitted.Code);
            return Refuse(ChannelOpenFailureReason.AdministrativelyProhibited, NotPermitted);
        }

        // A path that leads nowhere leaves nothing in the trail, and so costs nobody else the time to write it.
        var handler = await app.OpenSocketAsync(request.SocketPath, cancellationToken);
        try
        {
            await AuditTunnelAsync(grant, Refusal.Printable(request.SocketPath), cancellationToken);
        }
        catch
        {
            handler.OnClosed();
            throw;
        }

        return new ChannelOpenDecision.Accepted(handler);
    }

    /// <summary>Opens a channel to the person, for something that the app connected to, if the grant holds now.</summary>
    private async Task<ChannelOpenResult> OpenToPersonAsync(
        ChannelOpenRequest request, IChannelHandler handler, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _opensToPerson) > MaximumOpensToPerson)
        {
            Interlocked.Decrement(ref _opensToPerson);
            handler.OnClosed();
            return new ChannelOpenResult.Refused(ChannelOpenFailureReason.ResourceShortage, "too many channels wait to be opened");
        }

        try
        {
            return await OpenToPersonWithinLimitAsync(request, handler, cancellationToken);
        }
        finally
        {
            Interlocked.Decrement(ref _opensToPerson);
        }
    }

    private async Task<ChannelOpenResult> OpenToPersonWithinLimitAsync(
        ChannelOpenRequest request, IChannelHandler handler, CancellationToken cancellationToken)
    {
        if (!IsWithdrawn)
        {
            // Which may be withdrawn while it is asked for.
            var current = await _decider.DecideAsync(_grant.Proof, _grant.Service, cancellationToken);
            if (current.Grant is not null && !IsWithdrawn)
            {
                return await _connection!.OpenChannelAsync(request, handler, cancellationToken);
            }

            if (current.Refusal is { } refusal)
            {
                Withdraw(refusal);
            }
        }

        handler.OnClosed();
        return new ChannelOpenResult.Refused(ChannelOpenFailureReason.AdministrativelyProhibited, "the grant no longer holds");
    }

    private async Task EndForwardsAsync()
    {
        try
        {
            await _forwards.EndAsync();
        }
        catch (Exception exception)
        {
            _logger.ForwardsNotEnded(_info.Id, exception);
        }
    }

    private async Task<ChannelOpenDecision> OpenTunnelAsync(
        ITargetApp app, Grant grant, ChannelOpenRequest.DirectTcpIp request, CancellationToken cancellationToken)
    {
        if (!Permits(grant, CertificatePermissions.PortForwarding))
        {
            return Refuse(
                ChannelOpenFailureReason.AdministrativelyProhibited,
                NotPermitted);
        }

        if (app.ResolveDestination(request.Host, request.Port) is not { } destination)
        {
            _logger.TunnelRefused(_info.Id, Refusal.Printable($"{request.Host}:{request.Port}"), RefusalCode.DestinationNotAllowed);
            return Refuse(
                ChannelOpenFailureReason.AdministrativelyProhibited,
                new Refusal(RefusalCode.DestinationNotAllowed, "postern relationships lists what can be reached"));
        }

        await AuditTunnelAsync(grant, destination.Name, cancellationToken);
        return new ChannelOpenDecision.Accepted(await app.OpenTunnelAsync(destination, cancellationToken));
    }

    private async Task AuditTunnelAsync(Grant grant, string destination, CancellationToken cancellationToken)
    {
        if (_auditedDestinations.Count >= MaximumAuditedDestinations && !_auditedDestinations.ContainsKey(destination))
        {
            _auditedDestinations.Clear();
        }

        var written = _auditedDestinations.GetOrAdd(destination, name => new Lazy<Task>(() => _audit.WriteAsync(
            $"{grant.Proof.Person.Id}", "ssh.tunnel.opened", grant.Service, _info.Id, name, cancellationToken)));
        try
        {
            await written.Value;
        }
        catch
        {
            _auditedDestinations.TryRemove(KeyValuePair.Create(destination, written));
            throw;
        }
    }

    // A plain key has no such list, and its person may do what the grant says.
    private static bool Permits(Grant grant, CertificatePermissions permission) =>
        grant.Proof.Certificate is not { } certificate || certificate.Permissions.HasFlag(permission);

    private static ChannelOpenDecision.Refused Refuse(ChannelOpenFailureReason reason, Refusal refusal) => new(reason, refusal.Line);
}
