using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Asks for a channel; the type decides what follows (RFC 4254 section 5.1).</summary>
/// <remarks><code>
/// byte      SSH_MSG_CHANNEL_OPEN (90)
/// string    channel type
/// uint32    sender channel
/// uint32    initial window size
/// uint32    maximum packet size
/// ....      channel type specific data
/// </code></remarks>
internal readonly record struct ChannelOpen(
    string Type,
    uint SenderChannel,
    uint InitialWindow,
    uint MaximumPacket,
    byte[] Rest) : IMessage<ChannelOpen>
{
    public static byte Number => MessageNumber.ChannelOpen;

    public static ChannelOpen Read(scoped ref WireReader reader) => new(
        reader.ReadName(WireLimits.ExtendedName),
        reader.ReadUInt32(),
        reader.ReadUInt32(),
        reader.ReadUInt32(),
        reader.ReadRest().ToArray());

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteText(Type);
        writer.WriteUInt32(SenderChannel);
        writer.WriteUInt32(InitialWindow);
        writer.WriteUInt32(MaximumPacket);
        writer.WriteBytes(Rest);
    }
}
