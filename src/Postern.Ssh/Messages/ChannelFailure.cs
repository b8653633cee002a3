using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>A channel request was refused or is not known (RFC 4254 section 5.4).</summary>
/// <remarks><code>
/// byte      SSH_MSG_CHANNEL_FAILURE (100)
/// uint32    recipient channel
/// </code></remarks>
internal readonly record struct ChannelFailure(uint Channel) : IMessage<ChannelFailure>
{
    public static byte Number => MessageNumber.ChannelFailure;

    public static ChannelFailure Read(scoped ref WireReader reader) => new(reader.ReadUInt32());

    public void Write(scoped ref WireWriter writer) => writer.WriteUInt32(Channel);
}
