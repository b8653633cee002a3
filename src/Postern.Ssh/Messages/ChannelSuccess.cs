using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>A channel request was granted (RFC 4254 section 5.4).</summary>
/// <remarks><code>
/// byte      SSH_MSG_CHANNEL_SUCCESS (99)
/// uint32    recipient channel
/// </code></remarks>
internal readonly record struct ChannelSuccess(uint Channel) : IMessage<ChannelSuccess>
{
    public static byte Number => MessageNumber.ChannelSuccess;

    public static ChannelSuccess Read(scoped ref WireReader reader) => new(reader.ReadUInt32());

    public void Write(scoped ref WireWriter writer) => writer.WriteUInt32(Channel);
}
