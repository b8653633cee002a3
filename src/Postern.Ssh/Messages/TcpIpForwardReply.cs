using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of the success of a tcpip-forward request for port 0 (RFC 4254 section 7.1).</summary>
/// <remarks><code>
/// uint32    port that was bound
/// </code></remarks>
internal readonly record struct TcpIpForwardReply(uint Port) : IMessagePart<TcpIpForwardReply>
{
    public static TcpIpForwardReply Read(scoped ref WireReader reader) => new(reader.ReadUInt32());

    public void Write(scoped ref WireWriter writer) => writer.WriteUInt32(Port);
}
