using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of a forwarded-tcpip channel open (RFC 4254 section 7.2).</summary>
/// <remarks><code>
/// string    address that was connected
/// uint32    port that was connected
/// string    originator IP address
/// uint32    originator port
/// </code></remarks>
internal readonly record struct ForwardedTcpIpOpen(
    string Address,
    uint Port,
    string OriginatorAddress,
    uint OriginatorPort) : IMessagePart<ForwardedTcpIpOpen>
{
    public static ForwardedTcpIpOpen Read(scoped ref WireReader reader) => new(
        reader.ReadText(WireLimits.HostName),
        reader.ReadUInt32(),
        reader.ReadText(WireLimits.HostName),
        reader.ReadUInt32());

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteText(Address);
        writer.WriteUInt32(Port);
        writer.WriteText(OriginatorAddress);
        writer.WriteUInt32(OriginatorPort);
    }
}
