using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of a forwarded-streamlocal@openssh.com channel open (OpenSSH PROTOCOL section 2.4).</summary>
/// <remarks><code>
/// string    socket path
/// string    reserved
/// </code></remarks>
internal readonly record struct ForwardedStreamLocalOpen(string SocketPath, string Reserved) : IMessagePart<ForwardedStreamLocalOpen>
{
    public static ForwardedStreamLocalOpen Read(scoped ref WireReader reader) => new(
        reader.ReadText(WireLimits.Path),
        reader.ReadText(WireLimits.HostName));

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteText(SocketPath);
        writer.WriteText(Reserved);
    }
}
