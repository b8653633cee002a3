using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Data beside the main stream: a view over the receive buffer (RFC 4254 section 5.2).</summary>
/// <remarks><code>
/// byte      SSH_MSG_CHANNEL_EXTENDED_DATA (95)
/// uint32    recipient channel
/// uint32    data_type_code
/// string    data
/// </code></remarks>
internal readonly ref struct ChannelExtendedData : IMessage<ChannelExtendedData>
{
    /// <summary>SSH_EXTENDED_DATA_STDERR, the only type that is defined.</summary>
    public const uint StandardError = 1;

    /// <summary>What stands in front of the data: number, channel, type, length.</summary>
    public const int HeaderLength = 1 + sizeof(uint) + sizeof(uint) + sizeof(uint);

    public ChannelExtendedData(uint channel, uint type, ReadOnlySpan<byte> data)
    {
        Channel = channel;
        Type = type;
        Data = data;
    }

    public static byte Number => MessageNumber.ChannelExtendedData;

    public uint Channel { get; }

    public uint Type { get; }

    public ReadOnlySpan<byte> Data { get; }

    public static ChannelExtendedData Read(scoped ref WireReader reader) =>
        new(reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadString(WireLimits.Packet));

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteUInt32(Channel);
        writer.WriteUInt32(Type);
        writer.WriteString(Data);
    }
}
