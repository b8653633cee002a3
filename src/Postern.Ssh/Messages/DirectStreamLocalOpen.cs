using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of a direct-streamlocal@openssh.com channel open (OpenSSH PROTOCOL section 2.4).</summary>
/// <remarks><code>
/// string    socket path
/// string    reserved
/// uint32    reserved
/// </code></remarks>
internal readonly record struct DirectStreamLocalOpen(string SocketPath, string Reserved, uint ReservedNumber) : IMessagePart<DirectStreamLocalOpen>
{
    public static DirectStreamLocalOpen Read(scoped ref WireReader reader) => new(
        reader.ReadText(WireLimits.Path),
        reader.ReadText(WireLimits.HostName),
        reader.ReadUInt32());

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteText(SocketPath);
        writer.WriteText(Reserved);
        writer.WriteUInt32(ReservedNumber);
    }
}
