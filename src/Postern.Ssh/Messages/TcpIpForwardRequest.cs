using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of a tcpip-forward or cancel-tcpip-forward request (RFC 4254 section 7.1).</summary>
/// <remarks><code>
/// string    address to bind
/// uint32    port to bind
/// </code></remarks>
internal readonly record struct TcpIpForwardRequest(string Address, uint Port) : IMessagePart<TcpIpForwardRequest>
{
    public static TcpIpForwardRequest Read(scoped ref WireReader reader) => new(
        reader.ReadText(WireLimits.HostName),
        reader.ReadUInt32());

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteText(Address);
        writer.WriteUInt32(Port);
    }
}
