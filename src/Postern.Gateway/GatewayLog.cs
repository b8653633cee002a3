using System.Net;
using Microsoft.Extensions.Logging;
using Postern.Directory.Factors;
using Postern.Gateway.Listening;
using Postern.Gateway.Refusals;
using Postern.Ssh.Server;

namespace Postern.Gateway;

/// <summary>What the gateway logs. Names from outside are made printable before they come here.</summary>
internal static partial class GatewayLog
{
    [LoggerMessage(4000, LogLevel.Information, "SSH listens on {EndPoint}")]
    public static partial void Listening(this ILogger logger, EndPoint endPoint);

    [LoggerMessage(4001, LogLevel.Warning, "A connection from {Address} was closed on arrival: {Count} connections wait to authenticate, the limit is {Limit}")]
    public static partial void TooManyStartups(this ILogger logger, IPAddress address, int count, StartupRange limit);

    [LoggerMessage(4002, LogLevel.Warning, "A connection from {Address} was closed on arrival: {Count} connections are open, the limit is {Limit}")]
    public static partial void TooManyConnections(this ILogger logger, IPAddress address, int count, int limit);

    [LoggerMessage(4003, LogLevel.Information, "Connection {ConnectionId}: {User} is in, as {Service} from {Address} with {Proof}")]
    public static partial void Granted(this ILogger logger, string connectionId, Guid user, string service, IPAddress address, string proof);

    [LoggerMessage(4004, LogLevel.Information, "Connection {ConnectionId}: {User} was refused {Service} from {Address} with {Proof}: {Code}")]
    public static partial void Refused(this ILogger logger, string connectionId, Guid user, string service, IPAddress address, string proof, RefusalCode code);

    [LoggerMessage(4005, LogLevel.Information, "Connection {ConnectionId} ended: {End}")]
    public static partial void Ended(this ILogger logger, string connectionId, ConnectionEnd end);

    [LoggerMessage(4006, LogLevel.Information, "Connection {ConnectionId}: the grant no longer holds: {Code}")]
    public static partial void GrantWithdrawn(this ILogger logger, string connectionId, RefusalCode code);

    [LoggerMessage(4007, LogLevel.Information, "Connection {ConnectionId}: a tunnel to {Destination} was refused: {Code}")]
    public static partial void TunnelRefused(this ILogger logger, string connectionId, string destination, RefusalCode code);

    [LoggerMessage(4008, LogLevel.Error, "Connection {ConnectionId}: the app could not be reached")]
    public static partial void TargetFailed(this ILogger logger, string connectionId, Exception exception);

    [LoggerMessage(4009, LogLevel.Error, "Accepting connections failed; trying again")]
    public static partial void AcceptFailed(this ILogger logger, Exception exception);

    [LoggerMessage(4010, LogLevel.Error, "A connection from {Client} ended by a fault of ours")]
    public static partial void ConnectionFailed(this ILogger logger, EndPoint client, Exception exception);

    [LoggerMessage(4011, LogLevel.Error, "The rights of open connections could not be asked again; trying again")]
    public static partial void RecheckFailed(this ILogger logger, Exception exception);

    [LoggerMessage(4012, LogLevel.Information, "Connection {ConnectionId}: a certificate was refused: {Reason}")]
    public static partial void CertificateRefused(this ILogger logger, string connectionId, string reason);

    [LoggerMessage(4013, LogLevel.Error, "The deployment of {Project} {Environment} could not be brought up to date")]
    public static partial void UpdateFailed(this ILogger logger, string project, string environment, Exception exception);

    [LoggerMessage(4014, LogLevel.Error, "The host certificate could not be renewed; the present one is used until it ends")]
    public static partial void HostCertificateNotRenewed(this ILogger logger, Exception exception);

    [LoggerMessage(4015, LogLevel.Error, "The keys of the authority could not be loaded again; the known ones are used")]
    public static partial void AuthorityNotReloaded(this ILogger logger, Exception exception);

    [LoggerMessage(4016, LogLevel.Error, "What the Directory has of {Service} or of {Person} cannot be read; the connections of this person to it end")]
    public static partial void RecordDamaged(this ILogger logger, string service, Guid person, Exception exception);

    [LoggerMessage(4020, LogLevel.Warning, "A connection from {Address} was closed on arrival: as many connections from there wait to authenticate as may, which is {Limit}")]
    public static partial void TooManyStartupsFromAddress(this ILogger logger, IPAddress address, int limit);

    [LoggerMessage(4040, LogLevel.Warning, "A connection from {Address} was closed on arrival: as many connections from there are open as may be, which is {Limit}")]
    public static partial void TooManyConnectionsFromAddress(this ILogger logger, IPAddress address, int limit);

    [LoggerMessage(4041, LogLevel.Information, "A connection from {Address} was closed on arrival: it is kept out for {Seconds} s more")]
    public static partial void SourceKeptOut(this ILogger logger, IPAddress address, int seconds);

    [LoggerMessage(4042, LogLevel.Warning, "Connections from {Source} are closed on arrival for {Seconds} s; the last reason is {Penalty}")]
    public static partial void SourcePenalised(this ILogger logger, ClientSource source, Penalty penalty, int seconds);

    [LoggerMessage(4043, LogLevel.Warning, "A connection of the proxy {Address} was closed: {Reason}")]
    public static partial void ProxyHeaderRefused(this ILogger logger, IPAddress address, string reason);

    [LoggerMessage(4044, LogLevel.Warning, "{Count} more connections that were closed on arrival are not in the log; the limit was {Limit}")]
    public static partial void RefusalsNotLogged(this ILogger logger, long count, AdmissionLimit limit);

    [LoggerMessage(4050, LogLevel.Information, "The revocation list {Path} was read (version {Version}); keys and certificates are judged by it")]
    public static partial void RevocationListRead(this ILogger logger, string path, ulong version);

    [LoggerMessage(4051, LogLevel.Error, "The revocation list {Path} cannot be used: {Fault}. Nobody new gets in until it can; put back a list made by ssh-keygen -k or postern-server krl export (no restart is needed), or take ssh.revoked_keys out of the configuration and restart")]
    public static partial void RevocationListUnusable(this ILogger logger, string path, string fault);

    [LoggerMessage(4052, LogLevel.Information, "Connection {ConnectionId}: the key {Fingerprint} was refused: {Code}")]
    public static partial void KeyRefused(this ILogger logger, string connectionId, string fingerprint, RefusalCode code);

    [LoggerMessage(4060, LogLevel.Information, "Connection {ConnectionId}: a forward of {Address} was refused: {Code}")]
    public static partial void ForwardRefused(this ILogger logger, string connectionId, string address, RefusalCode code);

    [LoggerMessage(4061, LogLevel.Information, "Connection {ConnectionId}: a forward of {Address} was refused: there are {Limit} already")]
    public static partial void TooManyForwards(this ILogger logger, string connectionId, string address, int limit);

    [LoggerMessage(4062, LogLevel.Information, "Connection {ConnectionId}: {Address} cannot be listened on")]
    public static partial void ForwardFailed(this ILogger logger, string connectionId, string address, Exception exception);

    [LoggerMessage(4063, LogLevel.Error, "Connection {ConnectionId}: its forwards did not end cleanly")]
    public static partial void ForwardsNotEnded(this ILogger logger, string connectionId, Exception exception);

    [LoggerMessage(4070, LogLevel.Information, "Connection {ConnectionId}: {User} proved {Proof} and is asked for a code as well")]
    public static partial void CodeDemanded(this ILogger logger, string connectionId, Guid user, string proof);

    [LoggerMessage(4071, LogLevel.Information, "Connection {ConnectionId}: a code of {User} was looked at: {Verdict}")]
    public static partial void CodeChecked(this ILogger logger, string connectionId, Guid user, CodeVerdict verdict);

    [LoggerMessage(4072, LogLevel.Information, "Connection {ConnectionId}: a sign-in was offered to {Address}")]
    public static partial void SignInOffered(this ILogger logger, string connectionId, IPAddress address);

    [LoggerMessage(4073, LogLevel.Information, "Connection {ConnectionId}: the sign-in ended: {Code}")]
    public static partial void SignInEnded(this ILogger logger, string connectionId, RefusalCode code);

    [LoggerMessage(4074, LogLevel.Warning, "Connection {ConnectionId}: no sign-in was offered to {Address}, for as many wait as may; the limit is {Limit}")]
    public static partial void TooManySignIns(this ILogger logger, string connectionId, IPAddress address, AdmissionLimit limit);

    [LoggerMessage(4075, LogLevel.Error, "A request for a sign-in could not be taken back; it ends by itself")]
    public static partial void SignInNotWithdrawn(this ILogger logger, Exception exception);

    [LoggerMessage(4076, LogLevel.Error, "Connection {ConnectionId}: its session could not be ended; it ends by itself")]
    public static partial void SignInNotEnded(this ILogger logger, string connectionId, Exception exception);
}
