using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>The channel is open (RFC 4254 section 5.1).</summary>
/// <remarks><code>
/// byte      SSH_MSG_CHANNEL_OPEN_CONFIRMATION (91)
/// uint32    recipient channel
/// uint32    sender channel
/// uint32    initial window size
/// uint32    maximum packet size
/// </code></remarks>
internal readonly record struct ChannelOpenConfirmation(
    uint Channel,
    uint SenderChannel,
    uint InitialWindow,
    uint MaximumPacket) : IMessage<ChannelOpenConfirmation>
{
    public static byte Number => MessageNumber.ChannelOpenConfirmation;

    public static ChannelOpenConfirmation Read(scoped ref WireReader reader) => new(
        reader.ReadUInt32(),
        reader.ReadUInt32(),
        reader.ReadUInt32(),
        reader.ReadUInt32());

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteUInt32(Channel);
        writer.WriteUInt32(SenderChannel);
        writer.WriteUInt32(InitialWindow);
        writer.WriteUInt32(MaximumPacket);
    }
}
