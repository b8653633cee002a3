using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Server;
using Postern.Ssh.Transport.Ciphers;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Transport;

/// <summary>
/// Receives bytes and opens packets in place, in one pooled buffer that is held only while there is something in it
/// or something to come: an idle connection has none. It goes on where the loop calls it, so the receive loop runs on
/// the event loop's thread. All members belong to the receive loop, but for <see cref="OnReadable"/>.
/// </summary>
internal sealed class PacketReader(LoopDescriptor descriptor, TransportLimits limits, MemoryAccount memory)
    : IDisposable, IThreadPoolWorkItem, IValueTaskSource
{
    // The first and the usual receive.
    private const int UsualBuffer = 128 * 1024;

    // While the peer sends more than that: eight packets of 64 KiB leave for their target with one call. It also has room
    // for the longest packet.
    private const int LargeBuffer = 512 * 1024;

    // What one connection receives before the others of its loop have their turn: half a millisecond's work, and a quarter
    // of that while somebody types on one of them.
    private const int MaximumTurn = LargeBuffer;
    private const int ShortTurn = MaximumTurn / 4;

    // Buffers that are kept when nobody needs them: 4 MiB of each size.
    private const int KeptUsual = 32;
    private const int KeptLarge = 8;

    private static readonly BufferPool UsualPool = new(UsualBuffer, KeptUsual);
    private static readonly BufferPool LargePool = new(LargeBuffer, KeptLarge);

    private const int MinimumPadding = 4;

    // padding_length, one byte of payload, padding.
    private const int MinimumPacket = 1 + 1 + MinimumPadding;

    private readonly int _maximumPacket = limits.MaximumPacket <= WireLimits.Packet
        ? limits.MaximumPacket
        : throw new ArgumentException($"packets of more than {WireLimits.Packet} bytes", nameof(limits));

    private PacketDecryptor _decryptor = new Plaintext.Decryptor();
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private uint _packetLength;
    private bool _isLengthKnown;
    private bool _isLengthWrong;
    private bool _isMoreLikely;
    private bool _isLarge;
    private int _turn;
    private int _paused;
    private ManualResetValueTaskSourceCore<bool> _readable;

    /// <summary>The number that the next packet has.</summary>
    public uint NextSequence { get; private set; }

    /// <summary>Bytes of packets received so far; other threads may see an older number.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>Bytes received under the current key.</summary>
    public long BytesUnderKey { get; private set; }

    /// <summary>Packets received under the current key.</summary>
    public long PacketsUnderKey { get; private set; }

    /// <summary>What was received and not yet read.</summary>
    public ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    /// <summary>Steps over bytes of <see cref="Unread"/> that were no packet.</summary>
    public void Skip(int count) => _start += count;

    /// <summary>
    /// Opens the next packet if all of it is there. The payload is a view that stays as it is until the next
    /// <see cref="FillAsync"/>. Throws <see cref="DisconnectException"/> when it is malformed.
    /// </summary>
    public bool TryRead(out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        var unread = _end - _start;
        if (unread < sizeof(uint))
        {
            return false;
        }

        if (!_isLengthKnown)
        {
            _packetLength = _decryptor.ReadLength(_buffer.AsSpan(_start, sizeof(uint)), NextSequence);
            CheckLength();
            _isLengthKnown = true;
        }

        var total = sizeof(uint) + (int)_packetLength + _decryptor.TagLength;
        if (unread < total)
        {
            return false;
        }

        var packet = _buffer.AsSpan(_start, total);
        if (!_decryptor.TryOpen(packet, NextSequence) || _isLengthWrong)
        {
            throw Corrupted("the tag is wrong");
        }

        var padding = packet[sizeof(uint)];
        if (padding < MinimumPadding || padding > _packetLength - 2)
        {
            throw Corrupted($"{padding} bytes of padding in a packet of {_packetLength}");
        }

        payload = MemoryMarshal.CreateFromPinnedArray(
            _buffer, _start + sizeof(uint) + 1, (int)_packetLength - 1 - padding);
        _start += total;
        _isLengthKnown = false;
        NextSequence = unchecked(NextSequence + 1);
        PacketsUnderKey++;
        BytesUnderKey += total;
        TotalBytes += total;
        return true;
    }

    /// <summary>What follows is sealed with new keys (RFC 4253 section 7.3).</summary>
    public void ChangeKeys(PacketDecryptor decryptor, bool isSequenceReset)
    {
        _decryptor.Dispose();
        _decryptor = decryptor;
        BytesUnderKey = 0;
        PacketsUnderKey = 0;
        if (isSequenceReset)
        {
            NextSequence = 0;
        }
    }

    /// <summary>Waits for bytes and receives them. False at the end of the stream, and when it broke.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> FillAsync()
    {
        while (true)
        {
            if (_start == _end && !_isMoreLikely)
            {
                ReleaseBuffer();
            }

            var most = descriptor.HasInteractiveNeighbour ? ShortTurn : MaximumTurn;
            if (_turn >= most)
            {
                _turn = 0;
                await YieldAsync();
            }

            _readable.Reset();
            if (!_isMoreLikely && !descriptor.AwaitReadable())
            {
                _turn = 0;

                // Part of a packet is here: whoever stalls now keeps the buffer.
                var kept = _buffer?.Length ?? 0;
                if (kept > 0)
                {
                    memory.Add(kept);
                }

                await new ValueTask(this, _readable.Version);
                if (kept > 0)
                {
                    memory.Add(-kept);
                }
            }

            MakeRoom();
            var room = Math.Min(_buffer!.Length - _end, most);
            var count = descriptor.Read(_buffer.AsSpan(_end, room));
            _isMoreLikely = count == room;
            _isLarge = count > UsualBuffer / 2;
            switch (count)
            {
                case > 0:
                    _end += count;
                    _turn += count;
                    return true;
                case LoopDescriptor.WouldBlock:
                    break;
                default:
                    return false;
            }
        }
    }

    /// <summary>
    /// Nothing is read for a while, which may be minutes: lets go of the buffer, or counts it when there is something in it.
    /// No view of a packet is looked at any more.
    /// </summary>
    public void Pause()
    {
        if (_start == _end)
        {
            ReleaseBuffer();
        }

        _paused = _buffer?.Length ?? 0;
        memory.Add(_paused);
    }

    /// <summary>Reading goes on.</summary>
    public void GoOn()
    {
        memory.Add(-_paused);
        _paused = 0;
    }

    /// <summary>On the loop: there may be something to receive.</summary>
    public void OnReadable() => _readable.SetResult(true);

    /// <summary>On the loop: it is this connection's turn again.</summary>
    void IThreadPoolWorkItem.Execute() => _readable.SetResult(true);

    void IValueTaskSource.GetResult(short token) => _readable.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _readable.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _readable.OnCompleted(continuation, state, token, flags);

    /// <inheritdoc/>
    public void Dispose()
    {
        ReleaseBuffer();
        _decryptor.Dispose();
    }

    /// <summary>Lets the other connections of the loop have their turn.</summary>
    private ValueTask YieldAsync()
    {
        _readable.Reset();
        descriptor.Loop.Yield(this);
        return new ValueTask(this, _readable.Version);
    }

    private void ReleaseBuffer()
    {
        if (_buffer is not null)
        {
            Return(_buffer);
            _buffer = null;
        }

        _start = 0;
        _end = 0;
    }

    /// <summary>Makes the buffer large enough for the packet that has begun, and moves that to the front if need be.</summary>
    private void MakeRoom()
    {
        var unread = _end - _start;
        var needed = _isLengthKnown ? sizeof(uint) + (int)_packetLength + _decryptor.TagLength : sizeof(uint);
        var isLarge = _isLarge || needed > UsualBuffer;
        if (_buffer is null)
        {
            _buffer = (isLarge ? LargePool : UsualPool).Rent();
            return;
        }

        var isLargeEnough = _buffer.Length == LargeBuffer || !isLarge;
        if (isLargeEnough && _start + needed <= _buffer.Length && _end < _buffer.Length && _start <= _buffer.Length / 2)
        {
            return;
        }

        var buffer = isLargeEnough ? _buffer : LargePool.Rent();
        _buffer.AsSpan(_start, unread).CopyTo(buffer);
        if (buffer != _buffer)
        {
            Return(_buffer);
            _buffer = buffer;
        }

        _start = 0;
        _end = unread;
    }

    private static void Return(byte[] buffer) => (buffer.Length == LargeBuffer ? LargePool : UsualPool).Return(buffer);

    private void CheckLength()
    {
        if (_decryptor.IsLengthEncrypted && !IsLengthPossible())
        {
            // Waits for the longest packet there can be, whose tag is then wrong.
            _packetLength = (uint)_maximumPacket;
            _isLengthWrong = true;
            return;
        }

        if (_packetLength < MinimumPacket || _packetLength > (uint)_maximumPacket)
        {
            throw Corrupted($"packet length {_packetLength} is not between {MinimumPacket} and {_maximumPacket}");
        }

        var padded = _packetLength + (_decryptor.IsLengthPadded ? sizeof(uint) : 0u);
        if (padded % (uint)_decryptor.BlockSize != 0)
        {
            throw Corrupted($"packet length {_packetLength} does not fit blocks of {_decryptor.BlockSize}");
        }
    }

    private bool IsLengthPossible() =>
        _packetLength >= MinimumPacket
        && _packetLength <= (uint)_maximumPacket
        && (_packetLength + sizeof(uint)) % (uint)_decryptor.BlockSize == 0;

    /// <summary>One answer for every fault under protection, so that it tells nothing of what failed.</summary>
    private DisconnectException Corrupted(string reason) => _decryptor.IsProtected
        ? new DisconnectException(DisconnectCode.MacError, ConnectionEnd.ProtocolError, "corrupted packet")
        : DisconnectException.Protocol(reason);
}
