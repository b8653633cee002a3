using System.Net;
using Microsoft.Extensions.Logging;
using Postern.Directory.Routing;
using Postern.Gateway.Connections;
using Postern.Gateway.Refusals;
using Postern.Gateway.Routing;
using Postern.Ssh.Server;

namespace Postern.Gateway.Authentication;

/// <summary>Lets a known person in, or words why not; the one way in, whatever was proved and how.</summary>
public sealed class Entrance(
    GrantDecider decider,
    GatewayConnectionFactory connections,
    LiveConnections live,
    UserConnections users,
    GatewayMetrics metrics,
    ILogger<Entrance> logger)
{
    private static readonly GrantDecision TooManyConnections = GrantDecision.No(
        RefusalCode.TooManyConnections, "Close connections that you do not need, or share one (ControlMaster)");

    /// <summary>The connection's handler, or the decision that keeps the person out.</summary>
    internal Task<(IServerConnectionHandler? Handler, GrantDecision Decision)> TryEnterAsync(
        ConnectionInfo connection, Proof proof, string service, CancellationToken cancellationToken) =>
        TryEnterAsync(connection, proof, service, live.Generation, Moment.Now, cancellationToken);

    /// <summary>The same by the state of a moment, which was observed in this generation of <see cref="LiveConnections"/>.</summary>
    internal async Task<(IServerConnectionHandler? Handler, GrantDecision Decision)> TryEnterAsync(
        ConnectionInfo connection, Proof proof, string service, int generation, Moment moment, CancellationToken cancellationToken)
    {
        var decision = await decider.DecideAsync(proof, service, moment, cancellationToken);
        if (decision.Grant is not { } grant)
        {
            return (null, decision);
        }

        if (users.TryEnter(proof.Person.Id) is not { } place)
        {
            return (null, TooManyConnections);
        }

        try
        {
            var handler = await connections.CreateAsync(connection, grant, generation, place, cancellationToken);
            logger.Granted(connection.Id, proof.Person.Id, service, AddressOf(connection), proof.Description);
            return (handler, decision);
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    /// <summary>Counts and logs a no, and words it for the person.</summary>
    internal string Refuse(ConnectionInfo connection, Proof proof, string service, Refusal refusal)
    {
        metrics.Refused(refusal.Code);
        logger.Refused(
            connection.Id, proof.Person.Id, Refusal.Printable(service), AddressOf(connection), proof.Description, refusal.Code);
        return refusal.Banner(service, proof.Person.DisplayName, proof.Person.Id);
    }

    private static IPAddress AddressOf(ConnectionInfo connection) => connection.RemoteEndPoint.Address;
}
