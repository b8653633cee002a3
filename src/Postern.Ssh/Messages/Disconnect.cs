using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>The sender ends the connection (RFC 4253 section 11.1).</summary>
/// <remarks><code>
/// byte      SSH_MSG_DISCONNECT (1)
/// uint32    reason code
/// string    description, UTF-8
/// string    language tag
/// </code></remarks>
internal readonly record struct Disconnect(uint Code, string Description, string Language) : IMessage<Disconnect>
{
    public static byte Number => MessageNumber.Disconnect;

    public static Disconnect Read(scoped ref WireReader reader) => new(
        reader.ReadUInt32(),
        reader.ReadText(WireLimits.Text),
        reader.ReadText(WireLimits.Name));

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteUInt32(Code);
        writer.WriteText(Description);
        writer.WriteText(Language);
    }
}
