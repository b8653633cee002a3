using System.Runtime.CompilerServices;
using Postern.Ssh.Connection;
using Postern.Ssh.EventLoops;

namespace Postern.Targets.Interop;

/// <summary>
/// Moves what one descriptor has to read straight into packets of a channel: one read fills several, which leave together.
/// Belongs to the channel's event loop.
/// </summary>
internal sealed class ChannelFeed(Channel channel, LoopDescriptor descriptor, bool isStandardError = false)
{
    /// <summary>
    /// What is moved before the loop's other descriptors have their turn: one read that fills several packets, or a few that
    /// fill less.
    /// </summary>
    internal const int BytesPerTurn = 128 * 1024;

    /// <summary>
    /// What a packet counts beside its bytes: a peer that takes one byte in each would otherwise get half a million of them
    /// in a turn.
    /// </summary>
    private const int PacketCost = 512;

    /// <summary>
    /// Packets that one read fills when there is so much: 512 KiB. Fewer and larger calls cost the kernel less, and both of
    /// our neighbours, who are woken by each.
    /// </summary>
    private const int MostPackets = 16;

    // How many packets the next read may fill. It grows while there is more than fits, so that a key press or a database's
    // answer takes one, and bulk data many.
    private int _packets = 1;

    /// <summary>Reads once and sends what came.</summary>
    /// <param name="moved">What the turn has cost, in bytes, to which this call's cost is added.</param>
    internal FeedResult Move(ref int moved)
    {
        PacketBuffers list = default;
        Span<Memory<byte>> packets = list;
        packets = packets[..channel.RentData(packets[.._packets])];
        if (packets.IsEmpty)
        {
            return FeedResult.NoRoom;
        }

        int length = packets[0].Length;
        int room = (length * (packets.Length - 1)) + packets[^1].Length;
        int count = descriptor.ReadScattered(packets);
        Commit(Math.Max(count, 0));
        moved += Math.Max(count, 0) + (packets.Length * PacketCost);
        if (count == room)
        {
            _packets = Math.Min(_packets * 2, MostPackets);
            return FeedResult.MayHaveMore;
        }

        _packets = 1 + (Math.Max(count, 0) / length);
        return count switch
        {
            0 => FeedResult.Ended,
            LoopDescriptor.Broken => FeedResult.Broken,
            _ => descriptor.AwaitReadable() ? FeedResult.MayHaveMore : FeedResult.Empty,
        };
    }

    private void Commit(int count)
    {
        if (isStandardError)
        {
            channel.CommitStandardError(count);
        }
        else
        {
            channel.CommitData(count);
        }
    }

    [InlineArray(MostPackets)]
    private struct PacketBuffers
    {
        private Memory<byte> _first;
    }
}
