using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Asks for its data back (OpenSSH PROTOCOL 1.9, ping@openssh.com).</summary>
/// <remarks><code>
/// byte      SSH2_MSG_PING (192)
/// string    data
/// </code></remarks>
internal readonly record struct Ping(byte[] Content) : IMessage<Ping>
{
    public static byte Number => MessageNumber.Ping;

    public static Ping Read(scoped ref WireReader reader) => new(reader.ReadString(WireLimits.Packet).ToArray());

    public void Write(scoped ref WireWriter writer) => writer.WriteString(Content);
}
