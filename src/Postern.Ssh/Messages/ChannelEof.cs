using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>No more data comes on the channel (RFC 4254 section 5.3).</summary>
/// <remarks><code>
/// byte      SSH_MSG_CHANNEL_EOF (96)
/// uint32    recipient channel
/// </code></remarks>
internal readonly record struct ChannelEof(uint Channel) : IMessage<ChannelEof>
{
    public static byte Number => MessageNumber.ChannelEof;

    public static ChannelEof Read(scoped ref WireReader reader) => new(reader.ReadUInt32());

    public void Write(scoped ref WireWriter writer) => writer.WriteUInt32(Channel);
}
