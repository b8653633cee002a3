using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>The channel does not open (RFC 4254 section 5.1).</summary>
/// <remarks><code>
/// byte      SSH_MSG_CHANNEL_OPEN_FAILURE (92)
/// uint32    recipient channel
/// uint32    reason code
/// string    description, UTF-8
/// string    language tag
/// </code></remarks>
internal readonly record struct ChannelOpenFailure(
    uint Channel,
    uint Reason,
    string Description,
    string Language) : IMessage<ChannelOpenFailure>
{
    public static byte Number => MessageNumber.ChannelOpenFailure;

    public static ChannelOpenFailure Read(scoped ref WireReader reader) => new(
        reader.ReadUInt32(),
        reader.ReadUInt32(),
        reader.ReadText(WireLimits.Text),
        reader.ReadText(WireLimits.Name));

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteUInt32(Channel);
        writer.WriteUInt32(Reason);
        writer.WriteText(Description);
        writer.WriteText(Language);
    }
}
