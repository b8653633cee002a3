using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Data to be ignored (RFC 4253 section 11.2).</summary>
/// <remarks><code>
/// byte      SSH_MSG_IGNORE (2)
/// string    data
/// </code></remarks>
internal readonly record struct Ignore(byte[] Content) : IMessage<Ignore>
{
    public static byte Number => MessageNumber.Ignore;

    public static Ignore Read(scoped ref WireReader reader) => new(reader.ReadString(WireLimits.Packet).ToArray());

    public void Write(scoped ref WireWriter writer) => writer.WriteString(Content);
}
