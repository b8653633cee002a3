using Postern.Ssh.Connection;
using Postern.Ssh.Transport;

namespace Postern.Ssh.Client;

/// <summary>The server did not open a channel, or did not listen, or the connection ended first.</summary>
/// <param name="reason">The server's reason; may be a number that the enumeration does not name.</param>
/// <param name="peerMessage">Its text, whatever is in it; the exception's message is free of control characters.</param>
public sealed class ChannelRefusedException(ChannelOpenFailureReason reason, string peerMessage)
    : Exception($"{reason}: {PeerText.ToLine(peerMessage, LongestShown)}")
{
    private const int LongestShown = 512;

    /// <summary>The server's reason.</summary>
    public ChannelOpenFailureReason Reason { get; } = reason;
}
