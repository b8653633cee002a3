using Postern.Ssh.Server;

namespace Postern.Ssh.Transport;

/// <summary>
/// The connection is over. The message is one sentence for the log and for the peer: what was wrong and the limit,
/// never payload, and nothing the peer does not know.
/// </summary>
internal sealed class DisconnectException(DisconnectCode code, ConnectionEnd end, string message) : Exception(message)
{
    public DisconnectCode Code { get; } = code;

    public ConnectionEnd End { get; } = end;

    /// <summary>The peer broke the protocol.</summary>
    public static DisconnectException Protocol(string message) =>
        new(DisconnectCode.ProtocolError, ConnectionEnd.ProtocolError, message);
}
