using Postern.Ssh.Connection;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Client;

/// <summary>What an SSH client wants and allows; immutable, shared by all connections that want the same.</summary>
public sealed record ClientConfig
{
    /// <summary>
    /// The software version of the identification string: printable US-ASCII without blank and minus sign
    /// (RFC 4253 section 4.2).
    /// </summary>
    public string SoftwareVersion { get; init; } = "Postern";

    /// <summary>The user to be on the server.</summary>
    public required string UserName { get; init; }

    /// <summary>Says whether a server is the right one.</summary>
    public required IHostKeyVerifier HostKeys { get; init; }

    /// <summary>
    /// Keys and certificates to prove, tried in this order, each once. With none, the method <c>none</c> is all that is
    /// tried (RFC 4252 section 5.2).
    /// </summary>
    public IReadOnlyList<ClientIdentity> Identities { get; init; } = [];

    /// <summary>
    /// Answers questions of the server, once no identity is left that it would take; null for a client that cannot ask anybody,
    /// which then does not offer to.
    /// </summary>
    public IPromptAnswerer? Prompts { get; init; }

    /// <summary>The algorithms offered, best first.</summary>
    public AlgorithmCatalogue Algorithms { get; init; } = AlgorithmCatalogue.Default;

    /// <summary>
    /// The host key algorithms offered, best first, certificates included: those whose keys the verifier may know. Null
    /// offers all of <see cref="AlgorithmCatalogue.HostKeys"/>, certificates before plain keys.
    /// </summary>
    public IReadOnlyList<string>? HostKeyAlgorithms { get; init; }

    /// <summary>Limits of packets, queues and key lifetimes.</summary>
    public TransportLimits Transport { get; init; } = new();

    /// <summary>Limits of connecting and authenticating.</summary>
    public ClientLimits Limits { get; init; } = new();

    /// <summary>Limits of channels.</summary>
    public ChannelLimits Channels { get; init; } = new();

    /// <summary>The threads that the connections run on.</summary>
    public EventLoopGroup Loops { get; init; } = EventLoopGroup.Shared;

    /// <summary>The clock of every timeout.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>The source of cookies and ephemeral keys.</summary>
    public IRandomSource Randomness { get; init; } = SystemRandomSource.Instance;
}
