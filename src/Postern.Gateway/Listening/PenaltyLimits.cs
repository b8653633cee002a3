using System.Net;
using Postern.Gateway.Routing;
using Postern.Ssh.Server;

namespace Postern.Gateway.Listening;

/// <summary>
/// How long sources are kept out after they failed, after OpenSSH's PerSourcePenalties: every failure adds its time, and
/// once the sum reaches <see cref="Minimum"/>, connections of the source are closed on arrival until it is over.
/// </summary>
public sealed record PenaltyLimits
{
    /// <summary>Whether there are penalties at all.</summary>
    public bool IsEnabled { get; init; } = true;

    /// <summary>
    /// Less than this in sum is forgiven, so that one mistake keeps nobody out: three failed logins within a few seconds
    /// are the first that count. OpenSSH's default.
    /// </summary>
    public TimeSpan Minimum { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>The longest penalty; long enough to make guessing useless, short enough to outlive a mistake.</summary>
    public TimeSpan Maximum { get; init; } = TimeSpan.FromSeconds(600);

    /// <summary>
    /// Most sources remembered, of each address family, so that whoever has many IPv6 networks cannot have the IPv4 ones
    /// forgotten; about 10 MB each. Beyond it the penalty that would end first is dropped.
    /// </summary>
    public int MaximumSources { get; init; } = 65_536;

    /// <summary>
    /// Addresses that are never penalised. This machine's own by default: what comes from there is a program of ours or
    /// a proxy in front of everybody.
    /// </summary>
    public IReadOnlyList<IPNetwork> Exempt { get; init; } = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    /// <summary>
    /// What a connection is penalised for, if for anything. Whoever got in never is, whatever failed before, for an agent
    /// offers key after key; and nobody is for a fault or a restart of ours.
    /// </summary>
    public static Penalty? Judge(ConnectionSummary summary) => summary switch
    {
        { IsAuthenticated: true } => null,
        { HasAskedTooOften: true } => Penalty.TooManyRequests,
        { IsGraceOver: true } => Penalty.GraceExceeded,
        { End: ConnectionEnd.InternalError or ConnectionEnd.LocalDisconnect or ConnectionEnd.MemoryShortage } => null,
        { End: ConnectionEnd.ProtocolError, HasKeys: true } => Penalty.ProtocolBroken,
        { AuthenticationFailures: 0 } => Penalty.NoAuthentication,
        { WasToldWhy: true } => Penalty.Denied,
        { UserName: { } name } when !SshUserName.TryParse(name, out _) => Penalty.InvalidUser,
        _ => Penalty.AuthenticationFailed,
    };

    /// <summary>
    /// What a failure adds; OpenSSH's defaults. A person who was told why must be able to mend it and come back, so that
    /// adds as little as a connection without a try. A peer that cannot agree on algorithms, or is no SSH client at all, ends
    /// before it has keys and counts as one without a try, too: an old client must not shut out its whole office.
    /// </summary>
    public static TimeSpan Duration(Penalty penalty) => TimeSpan.FromSeconds(penalty switch
    {
        Penalty.AuthenticationFailed or Penalty.InvalidUser => 5,
        Penalty.NoAuthentication or Penalty.Denied => 1,
        Penalty.GraceExceeded or Penalty.TooManyRequests => 10,
        Penalty.ProtocolBroken => 90,
        _ => throw new ArgumentOutOfRangeException(nameof(penalty)),
    });

    /// <summary>Whether an address is never penalised.</summary>
    public bool IsExempt(IPAddress address) => !IsEnabled || Exempt.Any(network => network.Contains(address));
}
