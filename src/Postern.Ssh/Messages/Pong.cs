using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Answers a ping with its data (OpenSSH PROTOCOL 1.9, ping@openssh.com).</summary>
/// <remarks><code>
/// byte      SSH2_MSG_PONG (193)
/// string    data
/// </code></remarks>
internal readonly record struct Pong(byte[] Content) : IMessage<Pong>
{
    public static byte Number => MessageNumber.Pong;

    public static Pong Read(scoped ref WireReader reader) => new(reader.ReadString(WireLimits.Packet).ToArray());

    public void Write(scoped ref WireWriter writer) => writer.WriteString(Content);
}
