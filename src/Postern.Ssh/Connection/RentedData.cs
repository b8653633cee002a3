using Postern.Ssh.Messages;
using Postern.Ssh.Transport;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Connection;

/// <summary>
/// The packets that a handler has rented and fills: room for data in each, and the headers in front of what it says to be in
/// them. Belongs to the channel's lock.
/// </summary>
/// <param name="peerNumber">The peer's number for the channel.</param>
/// <param name="maximumData">The most data in one packet.</param>
internal sealed class RentedData(uint peerNumber, int maximumData)
{
    private PacketList _packets;
    private int _length;

    /// <summary>Rents packets for as much as window and queue have room for, and says for how many of the buffers.</summary>
    /// <param name="buffers">Gets the room for data in each.</param>
    /// <param name="window">Bytes of data that the peer lets be sent.</param>
    /// <param name="room">Bytes of buffers that the queue takes; the last packet may go beyond them.</param>
    public int Rent(Span<Memory<byte>> buffers, uint window, int room)
    {
        if (!_packets.IsEmpty)
        {
            throw new InvalidOperationException("the packets rented before were not committed");
        }

        var count = 0;
        while (count < buffers.Length && room > 0 && window > 0)
        {
            var length = (int)Math.Min((uint)maximumData, window);
            var packet = OutgoingPacket.Rent(length + ChannelExtendedData.HeaderLength);
            _packets.Add(packet);
            _length += length;
            buffers[count++] = packet.Payload.Slice(ChannelData.HeaderLength, length);
            room -= packet.Buffer.Length;
            window -= (uint)length;
        }

        return count;
    }

    /// <summary>
    /// Appends what holds the first <paramref name="length"/> bytes, one packet behind another, and gives back what they do not reach.
    /// </summary>
    /// <param name="length">Bytes over all packets.</param>
    /// <param name="isStandardError">Whether they are CHANNEL_EXTENDED_DATA of stderr, and not CHANNEL_DATA.</param>
    /// <param name="canSend">Whether anything may be sent at all; nothing is appended otherwise.</param>
    /// <param name="room">What is used up.</param>
    /// <param name="send">Where the packets go.</param>
    public void Append(int length, bool isStandardError, bool canSend, SendRoom room, SendQueue send)
    {
        if (_packets.IsEmpty)
        {
            throw new InvalidOperationException("no packet is rented");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, _length);
        _length = 0;

        // All but the last rented packet have the full length.
        for (var left = canSend ? length : 0; left > 0;)
        {
            var packet = _packets.First!;
            _packets.RemoveFirst();
            var used = Math.Min(left, maximumData);
            WriteHeader(packet, used, isStandardError);
            room.Use(used);
            send.Append(packet);
            left -= used;
        }

        _packets.ReturnAll();
    }

    private void WriteHeader(OutgoingPacket packet, int length, bool isStandardError)
    {
        var payload = packet.Payload.Span;
        packet.IsData = true;
        if (isStandardError)
        {
            // The header is four bytes longer than the one that the room was left for.
            payload.Slice(ChannelData.HeaderLength, length).CopyTo(payload[ChannelExtendedData.HeaderLength..]);
            var writer = new WireWriter(payload);
            writer.WriteByte(MessageNumber.ChannelExtendedData);
            writer.WriteUInt32(peerNumber);
            writer.WriteUInt32(ChannelExtendedData.StandardError);
            writer.WriteUInt32((uint)length);
            packet.PayloadLength = ChannelExtendedData.HeaderLength + length;
        }
        else
        {
            var writer = new WireWriter(payload);
            writer.WriteByte(MessageNumber.ChannelData);
            writer.WriteUInt32(peerNumber);
            writer.WriteUInt32((uint)length);
            packet.PayloadLength = ChannelData.HeaderLength + length;
        }
    }
}
