namespace Postern.Ssh.Transport.Ciphers;

/// <summary>Seals packets of one direction under one key (RFC 4253 section 6). Not safe for concurrent use.</summary>
internal abstract class PacketEncryptor : IDisposable
{
    /// <summary>What stands in front of a payload: packet_length and padding_length.</summary>
    public const int HeaderLength = 5;

    /// <summary>The most that follows a payload: padding (4 to 19 bytes for blocks of 16) and a tag.</summary>
    public const int MaximumTrailerLength = 19 + MacAlgorithm.MaximumLength;

    private const int MinimumPadding = 4;

    /// <summary>The unit that the padded part is a multiple of.</summary>
    protected abstract int BlockSize { get; }

    /// <summary>Whether packet_length counts towards the multiple.</summary>
    protected abstract bool IsLengthPadded { get; }

    /// <summary>Length of the tag behind the packet.</summary>
    protected abstract int TagLength { get; }

    /// <summary>
    /// Seals in place the packet whose payload of <paramref name="payloadLength"/> bytes stands behind
    /// <see cref="HeaderLength"/> bytes of room, with <see cref="MaximumTrailerLength"/> of room behind it, and returns its
    /// length.
    /// </summary>
    public int Seal(Span<byte> packet, int payloadLength, uint sequence)
    {
        var counted = payloadLength + 1 + (IsLengthPadded ? sizeof(uint) : 0);
        var padding = BlockSize - (counted % BlockSize);
        if (padding < MinimumPadding)
        {
            padding += BlockSize;
        }

        var length = 1 + payloadLength + padding;
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(packet, length);
        packet[sizeof(uint)] = (byte)padding;

        // Random padding (RFC 4253 section 6) hides nothing that an authenticated cipher leaves visible.
        packet.Slice(HeaderLength + payloadLength, padding).Clear();
        var total = sizeof(uint) + length;
        SealCore(packet[..(total + TagLength)], sequence);
        return total + TagLength;
    }

    /// <summary>Lets the key go.</summary>
    public abstract void Dispose();

    /// <summary>Seals in place length field, padding length, payload and padding, with room for the tag at the end.</summary>
    protected abstract void SealCore(Span<byte> packet, uint sequence);
}
