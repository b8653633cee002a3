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

    /// <summary>The limit that was reached, if that is why.</summary>
    public EngineLimit? Limit { get; private init; }

    /// <summary>The peer broke the protocol.</summary>
    public static DisconnectException Protocol(string message) =>
        new(DisconnectCode.ProtocolError, ConnectionEnd.ProtocolError, message);

    /// <summary>The peer did so by what it may do less often.</summary>
    public static DisconnectException Reached(EngineLimit limit, string message) =>
        new(DisconnectCode.ProtocolError, ConnectionEnd.ProtocolError, message) { Limit = limit };
}
