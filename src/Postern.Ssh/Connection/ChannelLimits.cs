namespace Postern.Ssh.Connection;

/// <summary>Limits of channels (RFC 4254 section 5).</summary>
public sealed record ChannelLimits
{
    /// <summary>The receive window of a channel in bytes; 2 MiB, as OpenSSH has it.</summary>
    public int Window { get; init; } = 2 * 1024 * 1024;

    /// <summary>
    /// What a receive window may grow to on a long line, in bytes; 16 MiB carries 115 MB/s over a round trip of 140 ms.
    /// </summary>
    public int LargestWindow { get; init; } = 16 * 1024 * 1024;

    /// <summary>
    /// The sum of full windows that one connection gets, which bounds what it can make us keep; channels beyond it
    /// open with <see cref="SmallWindow"/>.
    /// </summary>
    public int WindowBudget { get; init; } = 32 * 1024 * 1024;

    /// <summary>The window of a channel that opens when the budget is spent: two full packets.</summary>
    public int SmallWindow { get; init; } = 128 * 1024;

    /// <summary>The largest data we accept in one packet, in bytes; 64 KiB halves the packets of a 32 KiB limit.</summary>
    public int MaximumPacket { get; init; } = 64 * 1024;

    /// <summary>The largest data we send in one packet, in bytes; OpenSSH accepts 32 KiB.</summary>
    public int MaximumSentPacket { get; init; } = 32 * 1024;

    /// <summary>Channels open at once on one connection; a browser through a tunnel opens dozens.</summary>
    public int MaximumChannels { get; init; } = 256;

    /// <summary>Channel opens that may wait for a decision at once.</summary>
    public int PendingOpens { get; init; } = 32;

    /// <summary>
    /// Channel opens of ours that the peer may leave unanswered at once: a browser's burst at a forwarded port.
    /// </summary>
    public int PendingOwnOpens { get; init; } = 128;

    /// <summary>
    /// Requests of ours that the peer may leave unanswered at once, for the connection and for each channel; we ask few
    /// things, and a peer that answers none of them is not there any more.
    /// </summary>
    public int PendingAnswers { get; init; } = 256;

    /// <summary>
    /// Requests of one channel, or of the connection, that may wait while an earlier one is being answered; OpenSSH sends pty, every env and
    /// shell in one go.
    /// </summary>
    public int PendingRequests { get; init; } = 256;

    /// <summary>Bytes that those waiting requests may hold: a longest command and a full environment.</summary>
    public int PendingRequestBytes { get; init; } = 512 * 1024;
}
