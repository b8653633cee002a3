using System.Runtime.CompilerServices;
using Postern.Ssh.EventLoops;

namespace Postern.Ssh.Transport;

/// <summary>
/// Sealed packets that the socket has not taken yet; many of them leave with one call. Belongs to the drainer of the
/// <see cref="SendQueue"/>.
/// </summary>
internal sealed class SealedPackets(LoopDescriptor descriptor)
{
    private PacketList _packets;

    public bool IsEmpty => _packets.IsEmpty;

    public void Add(OutgoingPacket packet) => _packets.Add(packet);

    public void ReturnAll() => _packets.ReturnAll();

    /// <summary>
    /// Sends packets with one call, and lets go of those that are sent: what the descriptor says, whether that was all that the
    /// call could send, and how much the buffers held that came free, of data and of other packets.
    /// </summary>
    public (int Count, bool IsAll, int Data, int Control) Send()
    {
        PacketBuffers list = default;
        Span<ReadOnlyMemory<byte>> buffers = list;
        var length = 0;
        var packets = 0;
        for (var packet = _packets.First; packet is not null && packets < buffers.Length; packet = packet.Next)
        {
            buffers[packets++] = packet.Unsent;
            length += packet.SealedLength - packet.SentLength;
        }

        var count = descriptor.WriteGathered(buffers[..packets]);
        var (data, control) = count > 0 ? ReturnSent(count) : default;
        return (count, count == length, data, control);
    }

    private (int Data, int Control) ReturnSent(int count)
    {
        var data = 0;
        var control = 0;
        for (var left = count; left > 0;)
        {
            var packet = _packets.First!;
            var sent = Math.Min(left, packet.SealedLength - packet.SentLength);
            left -= sent;
            packet.SentLength += sent;
            if (packet.SentLength < packet.SealedLength)
            {
                break;
            }

            if (packet.IsData)
            {
                data += packet.Buffer.Length;
            }
            else
            {
                control += packet.Buffer.Length;
            }

            _packets.RemoveFirst();
            packet.Return();
        }

        return (data, control);
    }

    /// <summary>What one call sends.</summary>
    [InlineArray(LoopDescriptor.MaximumBuffers)]
    private struct PacketBuffers
    {
        private ReadOnlyMemory<byte> _first;
    }
}
