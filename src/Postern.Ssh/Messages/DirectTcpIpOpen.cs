using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of a direct-tcpip channel open (RFC 4254 section 7.2).</summary>
/// <remarks><code>
/// string    host to connect
/// uint32    port to connect
/// string    originator IP address
/// uint32    originator port
/// </code></remarks>
internal readonly record struct DirectTcpIpOpen(
    string Host,
    uint Port,
    string OriginatorAddress,
    uint OriginatorPort) : IMessagePart<DirectTcpIpOpen>
{
    public static DirectTcpIpOpen Read(scoped ref WireReader reader) => new(
        reader.ReadText(WireLimits.HostName),
        reader.ReadUInt32(),
        reader.ReadText(WireLimits.HostName),
        reader.ReadUInt32());

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteText(Host);
        writer.WriteUInt32(Port);
        writer.WriteText(OriginatorAddress);
        writer.WriteUInt32(OriginatorPort);
    }
}
