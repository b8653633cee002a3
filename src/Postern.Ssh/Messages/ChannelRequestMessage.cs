using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>A request on a channel; the name decides what follows (RFC 4254 section 5.4).</summary>
/// <remarks><code>
/// byte      SSH_MSG_CHANNEL_REQUEST (98)
/// uint32    recipient channel
/// string    request type
/// boolean   want reply
/// ....      type-specific data
/// </code></remarks>
internal readonly record struct ChannelRequestMessage(
    uint Channel,
    string Name,
    bool WantsReply,
    byte[] Rest) : IMessage<ChannelRequestMessage>
{
    public static byte Number => MessageNumber.ChannelRequest;

    public static ChannelRequestMessage Read(scoped ref WireReader reader) => new(
        reader.ReadUInt32(),
        reader.ReadName(WireLimits.ExtendedName),
        reader.ReadBoolean(),
        reader.ReadRest().ToArray());

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteUInt32(Channel);
        writer.WriteText(Name);
        writer.WriteBoolean(WantsReply);
        writer.WriteBytes(Rest);
    }
}
