using Postern.Ssh.Connection;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Server;

/// <summary>What an SSH server offers and allows; immutable, shared by all its connections.</summary>
public sealed record ServerConfig
{
    /// <summary>
    /// The software version of the identification string: printable US-ASCII without blank and minus sign
    /// (RFC 4253 section 4.2).
    /// </summary>
    public string SoftwareVersion { get; init; } = "Postern";

    /// <summary>The host keys, best first; at least one.</summary>
    public required IReadOnlyList<HostKey> HostKeys { get; init; }

    /// <summary>The algorithms offered, best first.</summary>
    public AlgorithmCatalogue Algorithms { get; init; } = AlgorithmCatalogue.Default;

    /// <summary>Limits of packets, queues and key lifetimes.</summary>
    public TransportLimits Transport { get; init; } = new();

    /// <summary>Limits of authentication.</summary>
    public AuthenticationLimits Authentication { get; init; } = new();

    /// <summary>Limits of channels.</summary>
    public ChannelLimits Channels { get; init; } = new();

    /// <summary>How clients that are no longer there are noticed; null leaves it to TCP.</summary>
    public KeepAliveLimits? KeepAlive { get; init; }

    /// <summary>Where connections are counted, or null for nowhere.</summary>
    public EngineMetrics? Metrics { get; init; }

    /// <summary>The threads that the connections run on.</summary>
    public EventLoopGroup Loops { get; init; } = EventLoopGroup.Shared;

    /// <summary>The clock of every timeout.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The source of cookies and ephemeral keys.</summary>
    public IRandomSource Randomness { get; init; } = SystemRandomSource.Instance;
}
