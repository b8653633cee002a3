using System.Net;

namespace Postern.Targets;

/// <summary>What a session needs to know about the person and the connection it belongs to.</summary>
public sealed record SessionContext
{
    /// <summary>
    /// Text for an interactive shell with a terminal, and for nothing else, with line feeds and at most
    /// <see cref="MaxMessageOfTheDayBytes"/> UTF-8 bytes; null for none.
    /// </summary>
    public string? MessageOfTheDay { get; init; }

    /// <summary>The person as logs name them, never a secret.</summary>
    public required string UserDisplay { get; init; }

    /// <summary>Where the person connects from (SSH_CONNECTION), or null when that is not known.</summary>
    public IPEndPoint? Client { get; init; }

    /// <summary>Where the person connected to (SSH_CONNECTION), or null when that is not known.</summary>
    public IPEndPoint? Server { get; init; }

    /// <summary>
    /// What runs in place of whatever the peer asks for, which it finds in <c>SSH_ORIGINAL_COMMAND</c>: the command, or the
    /// name of the subsystem; not set for a shell. Null lets the peer choose.
    /// </summary>
    public string? ForcedCommand { get; init; }

    /// <summary>Whether the session may have a terminal.</summary>
    public bool AllowsTerminal { get; init; } = true;

    /// <summary>Opens a channel to the person's key agent, or null when that is not permitted.</summary>
    public ForwardedChannelOpener? OpenKeyAgent { get; init; }

    /// <summary>What a new terminal's queue takes without a reader.</summary>
    public const int MaxMessageOfTheDayBytes = 3072;
}
