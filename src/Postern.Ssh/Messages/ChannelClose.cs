using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Nothing more comes on the channel (RFC 4254 section 5.3).</summary>
/// <remarks><code>
/// byte      SSH_MSG_CHANNEL_CLOSE (97)
/// uint32    recipient channel
/// </code></remarks>
internal readonly record struct ChannelClose(uint Channel) : IMessage<ChannelClose>
{
    public static byte Number => MessageNumber.ChannelClose;

    public static ChannelClose Read(scoped ref WireReader reader) => new(reader.ReadUInt32());

    public void Write(scoped ref WireWriter writer) => writer.WriteUInt32(Channel);
}
