using Postern.Ssh.Connection;

namespace Postern.Targets.Sessions;

/// <summary>What a session runs.</summary>
internal sealed record SessionRequest
{
    /// <summary>Program and arguments inside the sandbox.</summary>
    public required IReadOnlyList<byte[]> Command { get; init; }

    /// <summary>Lines of <c>NAME=value</c> beside the app's own variables; none is a secret or loads code.</summary>
    public required IReadOnlyList<string> Variables { get; init; }

    /// <summary>The terminal that was asked for, or null for pipes.</summary>
    public ChannelRequest.PseudoTerminal? Terminal { get; init; }

    /// <summary>UTF-8 text that the terminal shows first, or null.</summary>
    public ReadOnlyMemory<byte>? Greeting { get; init; }
}
