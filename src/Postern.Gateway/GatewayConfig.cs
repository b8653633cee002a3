using System.Net;
using Postern.Ssh.Server;

namespace Postern.Gateway;

/// <summary>What a gateway needs to run; checked and immutable.</summary>
public sealed record GatewayConfig
{
    /// <summary>Where it listens.</summary>
    public required IReadOnlyList<IPEndPoint> Listen { get; init; }

    /// <summary>Limits of authentication; the engine's other limits are its defaults.</summary>
    public AuthenticationLimits Authentication { get; init; } = new();

    /// <summary>Most connections open at once; each costs a file descriptor and some memory.</summary>
    public int MaximumConnections { get; init; } = 15_000;

    /// <summary>
    /// Most connections that may be waiting to authenticate at once: the only work that strangers can make us do.
    /// More are closed on arrival.
    /// </summary>
    public int MaximumStartups { get; init; } = 200;

    /// <summary>
    /// Most of those from one address (for IPv6: one /64), so that nobody can keep everybody else out. An office behind
    /// one address opens this many at once only in a storm.
    /// </summary>
    public int MaximumStartupsPerAddress { get; init; } = 50;

    /// <summary>
    /// How often every grant is asked again even when nothing is reported to have changed, because sessions also end
    /// by time alone.
    /// </summary>
    public TimeSpan RecheckInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long connections get to end after they were told that the server stops.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(5);
}
