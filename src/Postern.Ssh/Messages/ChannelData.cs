using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Data on a channel: a view over the receive buffer (RFC 4254 section 5.2).</summary>
/// <remarks><code>
/// byte      SSH_MSG_CHANNEL_DATA (94)
/// uint32    recipient channel
/// string    data
/// </code></remarks>
internal readonly ref struct ChannelData : IMessage<ChannelData>
{
    /// <summary>What stands in front of the data: number, channel, length.</summary>
    public const int HeaderLength = 1 + sizeof(uint) + sizeof(uint);

    public ChannelData(uint channel, ReadOnlySpan<byte> data)
    {
        Channel = channel;
        Data = data;
    }

    public static byte Number => MessageNumber.ChannelData;

    public uint Channel { get; }

    public ReadOnlySpan<byte> Data { get; }

    public static ChannelData Read(scoped ref WireReader reader) =>
        new(reader.ReadUInt32(), reader.ReadString(WireLimits.Packet));

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteUInt32(Channel);
        writer.WriteString(Data);
    }
}
