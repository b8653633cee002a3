using System.Text;
using Postern.Ssh.EventLoops;
using Postern.Ssh.Messages;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Transport;

/// <summary>
/// The send side of a connection. Anybody appends packets; whoever flushes when nobody else does becomes the drainer:
/// it has what is queued sealed (<see cref="PacketSealer"/>) and sent (<see cref="SealedPackets"/>), and goes on until the queue
/// is empty, so that no packet changes threads unless the socket is full and the loop goes on. From our KEXINIT to our NEWKEYS
/// everything but key exchange is held back (RFC 4253 section 7.1).
/// </summary>
internal sealed class SendQueue(LoopDescriptor descriptor, TransportLimits limits, MemoryAccount memory, ISendQueueOwner owner)
    : IThreadPoolWorkItem, IDisposable
{
    // What is sealed before it is sent: sixteen full packets, which half fill a second-level cache. Each call costs the
    // kernel, and the receiver that it wakes, so that fewer and larger ones are worth more than the cache.
    private const int MaximumBatch = 512 * 1024;

    // The same while somebody types on another connection of the loop, who then waits for a tenth of a millisecond at most.
    private const int ShortBatch = MaximumBatch / 4;

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

    // Set when nothing is appended any more and the last drainer is gone.
    private volatile TaskCompletionSource? _sent;

    // The drainer's only: whoever set _isDraining.
    private readonly PacketSealer _sealer = new(limits);
    private readonly SealedPackets _sealed = new(descriptor);
    private PacketList _taken;
    private List<ISendWaiter> _woken = [];
    private OutgoingPacket? _identification;

    /// <summary>What the connection has of the host's memory budget. Any thread.</summary>
    public MemoryAccount Memory => memory;

    /// <summary>Bytes of packets sealed so far. Any thread.</summary>
    public long TotalBytes => _sealer.TotalBytes;

    /// <summary>Whether the key has been reported as worn out, and no other is on its way yet. Any thread.</summary>
    public bool IsKeyWornOut => _sealer.IsKeyWornOut;

    /// <summary>The loop of the connection.</summary>
    public EventLoop Loop => descriptor.Loop;

    /// <summary>
    /// Before anything is appended: the line of our identification string, which leaves in one send with the first packet,
    /// as it may (RFC 4253 section 4.2).
    /// </summary>
    public void Identify(string line)
    {
        var packet = OutgoingPacket.Rent(line.Length);
        packet.SealedLength = Encoding.ASCII.GetBytes(line, packet.Buffer);
        lock (_gate)
        {
            _identification = packet;
            _queuedControl += packet.Buffer.Length;
        }
    }

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

            // What a packet holds, and not what it carries: one byte of a program takes a whole buffer, too.
            if (packet.IsData)
            {
                _queuedData += packet.Buffer.Length;
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
                    _sealer.ExpectKeys();
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

    /// <summary>
    /// How many bytes are worth sending at once, after which others have their turn: less while another connection of the loop
    /// is one that somebody types on.
    /// </summary>
    public int Batch => descriptor.HasInteractiveNeighbour ? ShortBatch : MaximumBatch;

    /// <summary>How many bytes the buffers of channel data that are appended now may have; the last one may exceed it.</summary>
    public int Room => limits.QueuedData - Volatile.Read(ref _queuedData);

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

    /// <summary>On the loop: goes on as the drainer that the socket had no room for, or looks whether all was sent.</summary>
    public void OnWritable()
    {
        if (_sent is { } sent)
        {
            LookWhetherSent(sent);
        }
        else
        {
            Turn();
        }
    }

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

    /// <summary>Once, after <see cref="Close"/>: waits until the kernel has sent all that was appended, or never will.</summary>
    public async Task WaitUntilSentAsync()
    {
        await WaitUntilDrainedAsync();
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _sent = sent;
        LookWhetherSent(sent);
        await sent.Task;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _queue.ReturnAll();
        _held.ReturnAll();
        _taken.ReturnAll();
        _sealed.ReturnAll();
        _identification?.Return();
        _sealer.Dispose();
    }

    private static bool IsSentDuringKeyExchange(byte number) =>
        number is >= MessageNumber.Disconnect and <= MessageNumber.Debug or (>= MessageNumber.KexInit and <= MessageNumber.LastTransport);

    private void LookWhetherSent(TaskCompletionSource sent)
    {
        if (descriptor.AwaitSent())
        {
            sent.TrySetResult();
        }
    }

    /// <summary>
    /// Sends until the queue is empty, the socket is full (with sealed packets left) or the turn is over; in the last two
    /// cases the loop goes on with it.
    /// </summary>
    private void Turn()
    {
        try
        {
            SendTurn();
        }
        catch (Exception fault)
        {
            // A drainer that is gone without saying so would be waited for without end, and whoever flushes, a timer perhaps, can do
            // nothing about it.
            Fail(fault);
        }
    }

    private void SendTurn()
    {
        // What one call sends for others before it hands the rest to the loop: a receive loop that goes on sending what
        // handlers keep appending would not receive.
        var batch = Batch;
        long turn = batch;
        while (true)
        {
            while (!_sealed.IsEmpty)
            {
                var (count, isAll, data, control) = _sealed.Send();
                if (count == LoopDescriptor.Broken)
                {
                    Fail(fault: null);
                    return;
                }

                turn -= Math.Max(count, 0);
                if (count > 0)
                {
                    Account(data, control);
                }

                if (!isAll && !descriptor.AwaitWritable())
                {
                    return;
                }
            }

            if (turn <= 0)
            {
                if (!_taken.IsEmpty || TakeQueue())
                {
                    descriptor.Loop.Yield(this);
                }

                return;
            }

            if (!SealTaken(batch))
            {
                return;
            }
        }
    }

    /// <summary>Seals packets for the next send; false when there was none and this drainer is done.</summary>
    private bool SealTaken(int batch)
    {
        if (_taken.IsEmpty && !TakeQueue())
        {
            return false;
        }

        if (_identification is { } identification)
        {
            _identification = null;
            _sealed.Add(identification);
        }

        for (var sealedBytes = 0; sealedBytes < batch && _taken.First is { } packet;)
        {
            _taken.RemoveFirst();
            _sealer.Seal(packet);
            _sealed.Add(packet);
            sealedBytes += packet.SealedLength;
        }

        if (_sealer.NoteWear())
        {
            owner.OnSendKeyWornOut();
        }

        return true;
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

            _isDraining = false;
            _drained?.TrySetResult();
            _drained = null;
            return false;
        }
    }

    /// <summary>Takes sent packets off the counts, and wakes channels that waited for room once half of it is free.</summary>
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

    private void Fail(Exception? fault)
    {
        lock (_gate)
        {
            _isClosed = true;
            _queue.ReturnAll();
            _held.ReturnAll();
            _taken.ReturnAll();
            _sealed.ReturnAll();
            _isDraining = false;
            _drained?.TrySetResult();
            _drained = null;
        }

        owner.OnSendFailed(fault);
    }
}
