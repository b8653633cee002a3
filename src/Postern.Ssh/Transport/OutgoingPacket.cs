using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Postern.Ssh.Transport.Ciphers;

namespace Postern.Ssh.Transport;

/// <summary>
/// A packet on its way out, with its payload behind the room for its header. Whoever rents one either appends it to
/// the send queue, which then owns it, or returns it.
/// </summary>
internal sealed class OutgoingPacket
{
    /// <summary>The longest payload of a small packet: every fixed-size message.</summary>
    public const int SmallPayload = 512;

    /// <summary>The longest payload of a pooled packet: 32 KiB of data and the header of extended data.</summary>
    public const int FullPayload = (32 * 1024) + 16;

    private const int Overhead = PacketEncryptor.HeaderLength + PacketEncryptor.MaximumTrailerLength;

    // Buffers that are kept when nobody needs them: 8 MiB of full ones, 1 MiB of small ones.
    private const int KeptFull = 256;
    private const int KeptSmall = 2048;

    private static readonly PacketPool FullPool = new(FullPayload + Overhead, KeptFull);
    private static readonly PacketPool SmallPool = new(SmallPayload + Overhead, KeptSmall);

    private readonly PacketPool? _pool;

    // A pooled buffer never moves, so that system calls do not pin it each time.
    private OutgoingPacket(byte[] buffer, PacketPool? pool)
    {
        Buffer = buffer;
        _pool = pool;
    }

    /// <summary>Header room, payload, trailer room.</summary>
    public byte[] Buffer { get; }

    /// <summary>Length of the payload.</summary>
    public int PayloadLength { get; set; }

    /// <summary>What is to be sent of it, from the front of the buffer, once it is sealed.</summary>
    public int SealedLength { get; set; }

    /// <summary>How much of that has been sent.</summary>
    public int SentLength { get; set; }

    /// <summary>What is left to send.</summary>
    public Memory<byte> Unsent => Slice(SentLength, SealedLength - SentLength);

    /// <summary>Whether the packet is channel data, which waits for room, or control, which is bounded by a limit.</summary>
    public bool IsData { get; set; }

    /// <summary>On NEWKEYS: the keys of all that follows. Who takes them into use takes them from the packet.</summary>
    public KeyChange? KeysAfter { get; set; }

    /// <summary>The next packet of the queue that this one is in.</summary>
    public OutgoingPacket? Next { get; set; }

    /// <summary>The message number.</summary>
    public byte Number => Buffer[PacketEncryptor.HeaderLength];

    /// <summary>Where the payload goes, as long as the buffer allows.</summary>
    public Memory<byte> Payload => Slice(PacketEncryptor.HeaderLength, Buffer.Length - Overhead);

    /// <summary>Rents a packet with room for a payload of at least <paramref name="payloadLength"/> bytes.</summary>
    public static OutgoingPacket Rent(int payloadLength) => payloadLength switch
    {
        <= SmallPayload => SmallPool.Rent(),
        <= FullPayload => FullPool.Rent(),
        _ => new OutgoingPacket(new byte[payloadLength + Overhead], null),
    };

    /// <summary>Gives the packet back.</summary>
    public void Return()
    {
        PayloadLength = 0;
        SealedLength = 0;
        SentLength = 0;
        IsData = false;
        KeysAfter?.Encryptor.Dispose();
        KeysAfter = null;
        Next = null;
        _pool?.Return(this);
    }

    private Memory<byte> Slice(int start, int length) =>
        _pool is null ? Buffer.AsMemory(start, length) : MemoryMarshal.CreateFromPinnedArray(Buffer, start, length);

    /// <summary>New keys for one direction, and whether the sequence number starts again (strict key exchange).</summary>
    internal sealed record KeyChange(PacketEncryptor Encryptor, bool IsSequenceReset);

    private sealed class PacketPool(int bufferLength, int kept)
    {
        private readonly ConcurrentQueue<OutgoingPacket> _free = new();
        private int _count;

        public OutgoingPacket Rent()
        {
            if (_free.TryDequeue(out var packet))
            {
                Interlocked.Decrement(ref _count);
                return packet;
            }

            return new OutgoingPacket(GC.AllocateUninitializedArray<byte>(bufferLength, pinned: true), this);
        }

        public void Return(OutgoingPacket packet)
        {
            if (Interlocked.Increment(ref _count) <= kept)
            {
                _free.Enqueue(packet);
            }
            else
            {
                Interlocked.Decrement(ref _count);
            }
        }
    }
}
