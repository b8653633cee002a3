using Microsoft.Extensions.Logging;
using Postern.Directory.Audit;
using Postern.Gateway.Routing;
using Postern.Ssh.Server;
using Postern.Targets;

namespace Postern.Gateway.Connections;

/// <summary>Makes the handler of a connection that was let in, once the audit trail has it.</summary>
public sealed class GatewayConnectionFactory(
    GrantDecider decider, ITarget target, LiveConnections live, AuditTrail audit, ILogger<GatewayConnection> logger)
{
    /// <summary>Records the grant and makes its handler.</summary>
    /// <param name="info">The connection.</param>
    /// <param name="grant">What it may do.</param>
    /// <param name="generation"><see cref="LiveConnections.Generation"/> before the grant was decided.</param>
    /// <param name="place">The person's place for it; taken over by the connection that is returned.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<GatewayConnection> CreateAsync(
        ConnectionInfo info, Grant grant, int generation, UserPlace place, CancellationToken cancellationToken)
    {
        await audit.WriteAsync(
            grant.Proof.Person.Id.ToString(),
            "ssh.connected",
            grant.Service,
            info.Id,
            $"{grant.Proof.Description} from {info.RemoteEndPoint.Address}",
            cancellationToken);
        return new GatewayConnection(info, grant, generation, decider, target, live, place, audit, logger);
    }
}
