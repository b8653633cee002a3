using System.Buffers;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Messages;
using Postern.Ssh.Transport.Ciphers;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Transport;

/// <summary>
/// The send side of a connection. Anybody appends packets; whoever flushes when nobody else does becomes the drainer:
/// it seals what is queued into one buffer, sends that with as few calls as the socket allows, and goes on until the
/// queue is empty, so that no packet changes threads unless the socket is full and the loop goes on. From our KEXINIT to our NEWKEYS
/// everything but key exchange is held back (RFC 4253 section 7.1).
/// </summary>
internal sealed class SendQueue(LoopDescriptor descriptor, TransportLimits limits, MemoryAccount memory, ISendQueueOwner owner)
    : IThreadPoolWorkItem, IDisposable
{
    // Four full packets leave in one send; a larger buffer falls out of the second-level cache.
    private const int SendBuffer = 144 * 1024;

    // What one call sends for others before it hands the rest to the loop: a receive loop that goes on sending what
    // handlers keep appending would not receive.
    private const int MaximumTurn = 4 * SendBuffer;

    private readonly Lock _gate = new();

    // Under _gate. No other lock is taken inside it.
    private PacketList _queue;
    private PacketList _held;
    private bool _isHolding;
    private bool _isDraining;
    private bool _isClosed;
    private int _queuedData;
    private int _queuedControl;
    private SteppedCharge _charge = new(memory);
    private List<ISendWaiter> _waiters = [];
    private TaskCompletionSource? _drained;

    // The drainer's only: whoever set _isDraining.
    private PacketEncryptor _encryptor = new Plaintext.Encryptor();
    private PacketList _taken;
    private List<ISendWaiter> _woken = [];
    private uint _sequence;
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private long _totalBytes;
    private long _bytesUnderKey;
    private long _packetsUnderKey;
    private bool _isWearReported;

    /// <summary>What the connection has of the host's memory budget. Any thread.</summary>
    public MemoryAccount Memory => memory;

    /// <summary>Bytes of packets sealed so far. Any thread.</summary>
    public long TotalBytes => Volatile.Read(ref _totalBytes);

    /// <summary>The loop of the connection.</summary>
    public EventLoop Loop => descriptor.Loop;

    /// <summary>Encodes a message and appends it; it leaves with the next <see cref="Flush"/>.</summary>
    public void Append<T>(scoped in T message, int maximumLength = OutgoingPacket.SmallPayload)
        where T : IMessage<T>, allows ref struct
    {
        var packet = OutgoingPacket.Rent(maximumLength);
        packet.PayloadLength = MessageCodec.Write(message, packet.Payload.Span);
        Append(packet);
    }

    /// <summary>Appends a packet and takes it over.</summary>
    public void Append(OutgoingPacket packet)
    {
        bool isOverflowing;
        lock (_gate)
        {
            if (_isClosed)
            {
                packet.Return();
                return;
            }

            if (packet.IsData)
            {
                _queuedData += packet.PayloadLength;
            }
            else
            {
                _queuedControl += packet.Buffer.Length;
            }

            _charge.Set(_queuedData + _queuedControl);
            isOverflowing = _queuedControl > limits.QueuedControl;
            if (_isHolding && !IsSentDuringKeyExchange(packet.Number))
            {
                _held.Add(packet);
            }
            else
            {
                _queue.Add(packet);
                if (packet.Number == MessageNumber.KexInit)
                {
                    _isHolding = true;
                }
                else if (packet.KeysAfter is not null)
                {
                    _isHolding = false;
                    _queue.AddAll(ref _held);
                }
            }
        }

        if (isOverflowing)
        {
            owner.OnSendOverflow();
        }
    }

    /// <summary>Takes nothing more, so that what was appended before is the last that is sent.</summary>
    public void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            _held.ReturnAll();
        }
    }

    /// <summary>Whether channel data may be appended now.</summary>
    public bool HasRoom => Volatile.Read(ref _queuedData) < limits.QueuedData;

    /// <summary>
    /// Has the waiter called once when there is room; false when there is now. After <see cref="Close"/> there never is.
    /// </summary>
    public bool TryWait(ISendWaiter waiter)
    {
        lock (_gate)
        {
            if (!_isClosed && _queuedData < limits.QueuedData)
            {
                return false;
            }

            if (!_isClosed)
            {
                _waiters.Add(waiter);
            }

            return true;
        }
    }

    /// <summary>Sends what is queued, unless somebody is at it already. Never blocks.</summary>
    public void Flush()
    {
        lock (_gate)
        {
            if (_isDraining || _queue.IsEmpty)
            {
                return;
            }

            _isDraining = true;
        }

        Turn();
    }

    /// <summary>On the loop: goes on as the drainer where a turn ended.</summary>
    void IThreadPoolWorkItem.Execute() => Turn();

    /// <summary>On the loop: goes on as the drainer that the socket had no room for.</summary>
    public void OnWritable() => Turn();

    /// <summary>Waits until all that was appended has been handed to the socket, or the socket failed.</summary>
    public Task WaitUntilDrainedAsync()
    {
        lock (_gate)
        {
            if (!_isDraining && _queue.IsEmpty)
            {
                return Task.CompletedTask;
            }

            _drained ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _drained.Task;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _queue.ReturnAll();
        _held.ReturnAll();
        _taken.ReturnAll();
        ReleaseBuffer();
        _encryptor.Dispose();
    }

    private static bool IsSentDuringKeyExchange(byte number) =>
        number is >= MessageNumber.Disconnect and <= MessageNumber.Debug or (>= MessageNumber.KexInit and <= MessageNumber.LastTransport);

    /// <summary>
    /// Sends until the queue is empty, the socket is full (with bytes left in the buffer) or the turn is over; in the last
    /// two cases the loop goes on with it.
    /// </summary>
    private void Turn()
    {
        long turn = MaximumTurn;
        while (true)
        {
            while (_start < _end)
            {
                var count = descriptor.Write(_buffer.AsSpan(_start, _end - _start));
                if (count >= 0)
                {
                    _start += count;
                    turn -= count;
                    continue;
                }

                if (count == LoopDescriptor.Broken)
                {
                    Fail();
                    return;
                }

                if (!descriptor.AwaitWritable())
                {
                    return;
                }
            }

            if (turn <= 0)
            {
                descriptor.Loop.Post(this);
                return;
            }

            if (!SealTaken())
            {
                return;
            }
        }
    }

    /// <summary>Seals packets into the empty send buffer; false when there was none and this drainer is done.</summary>
    private bool SealTaken()
    {
        _start = 0;
        _end = 0;
        if (_taken.IsEmpty && !TakeQueue())
        {
            return false;
        }

        _buffer ??= ArrayPool<byte>.Shared.Rent(SendBuffer);
        var data = 0;
        var control = 0;
        while (_taken.First is { } packet)
        {
            var length = packet.PayloadLength + PacketEncryptor.HeaderLength + PacketEncryptor.MaximumTrailerLength;
            if (length > _buffer.Length - _end)
            {
                if (_end > 0)
                {
                    break;
                }

                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = ArrayPool<byte>.Shared.Rent(length);
            }

            _taken.RemoveFirst();
            var sealedLength = _encryptor.Seal(packet.Buffer, packet.PayloadLength, _sequence, _buffer.AsSpan(_end));
            _end += sealedLength;
            _sequence = unchecked(_sequence + 1);
            _totalBytes += sealedLength;
            _bytesUnderKey += sealedLength;
            _packetsUnderKey++;
            if (packet.IsData)
            {
                data += packet.PayloadLength;
            }
            else
            {
                control += packet.Buffer.Length;
            }

            if (packet.KeysAfter is { } keys)
            {
                ChangeKeys(keys);
            }

            packet.Return();
        }

        Account(data, control);
        if (!_isWearReported && (_bytesUnderKey >= limits.RekeyBytes || _packetsUnderKey >= limits.RekeyPackets))
        {
            _isWearReported = true;
            owner.OnSendKeyWornOut();
        }

        return true;
    }

    private void ChangeKeys(OutgoingPacket.KeyChange keys)
    {
        _encryptor.Dispose();
        _encryptor = keys.Encryptor;
        _bytesUnderKey = 0;
        _packetsUnderKey = 0;
        _isWearReported = false;
        if (keys.IsSequenceReset)
        {
            _sequence = 0;
        }
    }

    private bool TakeQueue()
    {
        lock (_gate)
        {
            if (!_queue.IsEmpty)
            {
                _taken.AddAll(ref _queue);
                return true;
            }

            ReleaseBuffer();
            _isDraining = false;
            _drained?.TrySetResult();
            _drained = null;
            return false;
        }
    }

    /// <summary>Takes sealed packets off the counts, and wakes channels that waited for room once half of it is free.</summary>
    private void Account(int data, int control)
    {
        lock (_gate)
        {
            _queuedData -= data;
            _queuedControl -= control;
            _charge.Set(_queuedData + _queuedControl);
            if (_waiters.Count == 0 || _queuedData > limits.QueuedData / 2)
            {
                return;
            }

            (_waiters, _woken) = (_woken, _waiters);
        }

        foreach (var waiter in _woken)
        {
            waiter.OnRoom();
        }

        _woken.Clear();
    }

    private void Fail()
    {
        lock (_gate)
        {
            _isClosed = true;
            _queue.ReturnAll();
            _held.ReturnAll();
            _taken.ReturnAll();
            ReleaseBuffer();
            _isDraining = false;
            _drained?.TrySetResult();
            _drained = null;
        }

        owner.OnSendFailed();
    }

    private void ReleaseBuffer()
    {
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
        }
    }

    /// <summary>A list through <see cref="OutgoingPacket.Next"/>.</summary>
    private struct PacketList
    {
        private OutgoingPacket? _last;

        public OutgoingPacket? First { get; private set; }

        public readonly bool IsEmpty => First is null;

        public void Add(OutgoingPacket packet)
        {
            if (_last is null)
            {
                First = packet;
            }
            else
            {
                _last.Next = packet;
            }

            _last = packet;
        }

        public void AddAll(ref PacketList other)
        {
            if (other.First is not { } first)
            {
                return;
            }

            Add(first);
            _last = other._last;
            other = default;
        }

        public void RemoveFirst()
        {
            var first = First!;
            First = first.Next;
            first.Next = null;
            if (First is null)
            {
                _last = null;
            }
        }

        public void ReturnAll()
        {
            while (First is { } packet)
            {
                RemoveFirst();
                packet.Return();
            }
        }
    }
}
