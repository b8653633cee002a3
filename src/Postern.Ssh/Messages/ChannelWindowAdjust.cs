using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>The receiver may send more (RFC 4254 section 5.2).</summary>
/// <remarks><code>
/// byte      SSH_MSG_CHANNEL_WINDOW_ADJUST (93)
/// uint32    recipient channel
/// uint32    bytes to add
/// </code></remarks>
internal readonly record struct ChannelWindowAdjust(uint Channel, uint BytesToAdd) : IMessage<ChannelWindowAdjust>
{
    public static byte Number => MessageNumber.ChannelWindowAdjust;

    public static ChannelWindowAdjust Read(scoped ref WireReader reader) => new(
        reader.ReadUInt32(),
        reader.ReadUInt32());

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteUInt32(Channel);
        writer.WriteUInt32(BytesToAdd);
    }
}
