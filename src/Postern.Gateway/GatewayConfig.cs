using System.Net;
using Postern.Gateway.Listening;
using Postern.Gateway.SignIn;
using Postern.Ssh.Connection;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;

namespace Postern.Gateway;

/// <summary>What a gateway needs to run; checked and immutable.</summary>
public sealed record GatewayConfig
{
    /// <summary>Where it listens.</summary>
    public required IReadOnlyList<IPEndPoint> Listen { get; init; }

    /// <summary>Limits of authentication; the engine's other limits are its defaults.</summary>
    public AuthenticationLimits Authentication { get; init; } = new();

    /// <summary>The algorithms that are offered, best first.</summary>
    public AlgorithmCatalogue Algorithms { get; init; } = AlgorithmCatalogue.Default;

    /// <summary>How clients that are no longer there are noticed.</summary>
    public KeepAliveLimits KeepAlive { get; init; } = new();

    /// <summary>Most connections open at once; each costs a file descriptor and some memory.</summary>
    public int MaximumConnections { get; init; } = 15_000;

    /// <summary>
    /// Most connections of one address (for IPv6: one /64), whether they have authenticated or not. Offices and build farms
    /// share an address, and each editor opens a few, so this only keeps one address from taking most of the places.
    /// </summary>
    public int MaximumConnectionsPerAddress { get; init; } = 3_000;

    /// <summary>
    /// Most authenticated connections of one person to this process. An editor opens five, Ansible as many as it has forks, a
    /// token of a build farm some hundreds.
    /// </summary>
    public int MaximumConnectionsPerUser { get; init; } = 500;

    /// <summary>
    /// How many connections may be waiting to authenticate at once: the only work that strangers can make us do. More are
    /// closed on arrival.
    /// </summary>
    public StartupRange Startups { get; init; } = StartupRange.Default;

    /// <summary>
    /// Most of those from one address (for IPv6: one /64), so that nobody can keep everybody else out. An office behind
    /// one address opens this many at once only in a storm.
    /// </summary>
    public int MaximumStartupsPerAddress { get; init; } = 50;

    /// <summary>
    /// Most memory in bytes that all connections together may take for what waits; see <see cref="MemoryBudget"/>.
    /// </summary>
    public long MemoryLimit { get; init; } = MemoryBudget.DefaultLimit;

    /// <summary>How long sources are kept out that failed.</summary>
    public PenaltyLimits Penalties { get; init; } = new();

    /// <summary>
    /// Networks of load balancers that speak the PROXY protocol: connections from there must begin with its header, and the
    /// client is whom it names. From anywhere else such a header is garbage.
    /// </summary>
    public IReadOnlyList<IPNetwork> ProxyTrusted { get; init; } = [];

    /// <summary>
    /// How often every grant is asked again even when nothing is reported to have changed, because sessions also end
    /// by time alone.
    /// </summary>
    public TimeSpan RecheckInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Where people sign in and look after their accounts, without a slash at the end; null when nobody is sent there.</summary>
    public string? AccountsUrl { get; init; }

    /// <summary>Limits of connections that wait for a person to sign in with a browser.</summary>
    public SignInLimits SignIn { get; init; } = new();

    /// <summary>
    /// How long a second factor that was typed inside ssh is remembered for its key, address and organization, and how long a
    /// connection lasts that somebody signed in for with a browser: a working day, so that people are asked in the morning.
    /// </summary>
    public TimeSpan ApprovalLifetime { get; init; } = TimeSpan.FromHours(8);

    /// <summary>Path of the operator's revocation list (OpenSSH KRL), or null for none.</summary>
    public string? RevokedKeysFile { get; init; }

    /// <summary>How long connections get to end after they were told that the server stops.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>The page on which people set up their second factor, behind some words; empty when it is not known.</summary>
    internal string SecurityPage(string words) => AccountsUrl is null ? "" : $"{words}{AccountsUrl}/account/security";
}
