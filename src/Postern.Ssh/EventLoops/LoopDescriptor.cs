using System.Runtime.InteropServices;

namespace Postern.Ssh.EventLoops;

/// <summary>
/// A non-blocking descriptor (socket, pipe, terminal) at an event loop. It reads and writes without waiting, and calls
/// back, on the loop, when there is something to read or room to write again. One reader and one writer at a time.
/// </summary>
public sealed class LoopDescriptor : IDisposable
{
    /// <summary>What <see cref="Read"/> and <see cref="Write"/> return when the caller must wait.</summary>
    public const int WouldBlock = -1;

    /// <summary>What they return when the descriptor is broken or closed.</summary>
    public const int Broken = -2;

    /// <summary>The most buffers of one <see cref="ReadScattered"/> or <see cref="WriteGathered"/>.</summary>
    public const int MaximumBuffers = 32;

    // Who moved so much with the last call will again, and waits with that for those who move less.
    private const int BulkBytes = 32 * 1024;

    private const int Idle = 0;
    private const int Ready = 1;
    private const int Awaited = 2;

    private readonly Action? _onReadable;
    private readonly Action? _onWritable;
    private readonly ulong _tag;

    // Ready is set by the loop and taken away before each attempt, so that an event between an attempt that would block
    // and the wait for the next is not lost.
    private int _reading;
    private int _writing = Ready;
    private int _isDisposed;

    // Whether the last call moved much, and what is queued for the next one: made once, when first needed.
    private bool _isBulkRead;
    private bool _isBulkWritten;
    private Callback? _readTurn;
    private Callback? _writeTurn;

    // Loop thread only: reads that wait for more than a byte, and what reminds them.
    private LowWaterMark _mark;
    private long _reminderAt;
    private bool _isReminded;

    // 1 when the other side has sent its end, of which there is no second event: a reader finds it behind the last bytes. Taken
    // away before each read and put back behind it, so that an end which the loop is told of meanwhile is not lost.
    private int _isEndKnown;

    /// <summary>Starts to watch, for <see cref="EventLoop.Watch"/>.</summary>
    internal LoopDescriptor(EventLoop loop, SafeHandle handle, Action? onReadable, Action? onWritable, bool isRead)
    {
        Loop = loop;
        Handle = handle;
        _onReadable = onReadable;
        _onWritable = onWritable;
        _reading = isRead ? Ready : Idle; // What is there already is told by the first event.
        _tag = loop.Add(this);
    }

    /// <summary>The loop.</summary>
    public EventLoop Loop { get; }

    /// <summary>The descriptor.</summary>
    internal SafeHandle Handle { get; }

    /// <summary>
    /// Whether somebody else on the loop has been at work lately who moves little, so that this one's turns should be short.
    /// </summary>
    internal bool HasInteractiveNeighbour => Loop.HasInteractiveOther(_tag);

    /// <summary>Says that whose descriptor this is moves little.</summary>
    internal void NoteInteractive() => Loop.NoteInteractive(_tag);

    /// <summary>
    /// Reads what is there: a number of bytes, 0 at the end, <see cref="WouldBlock"/> or <see cref="Broken"/>. After fewer
    /// bytes than there was room for, ask <see cref="AwaitReadable"/> before the next attempt.
    /// </summary>
    public int Read(Span<byte> buffer)
    {
        var wasEndKnown = TakeEnd();
        ExpectReadable();
        return NoteRead(DescriptorCalls.Read(Handle, buffer), wasEndKnown);
    }

    /// <summary><see cref="Read"/> into several buffers, <see cref="MaximumBuffers"/> at most, one filled after another.</summary>
    public int ReadScattered(ReadOnlySpan<Memory<byte>> buffers)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(buffers.Length, MaximumBuffers, nameof(buffers));
        var wasEndKnown = TakeEnd();
        ExpectReadable();
        return NoteRead(DescriptorCalls.Read(Handle, buffers), wasEndKnown);
    }

    /// <summary>
    /// Writes what fits: a number of bytes, <see cref="WouldBlock"/> or <see cref="Broken"/>. After fewer bytes than there
    /// were, ask <see cref="AwaitWritable"/> before the next attempt.
    /// </summary>
    public int Write(ReadOnlySpan<byte> data)
    {
        BeginAttempt(ref _writing);
        return NoteWritten(DescriptorCalls.Write(Handle, data));
    }

    /// <summary><see cref="Write"/> from several buffers, <see cref="MaximumBuffers"/> at most, one after another.</summary>
    public int WriteGathered(ReadOnlySpan<ReadOnlyMemory<byte>> buffers)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(buffers.Length, MaximumBuffers, nameof(buffers));
        BeginAttempt(ref _writing);
        return NoteWritten(DescriptorCalls.Write(Handle, buffers));
    }

    /// <summary>
    /// Writes data as far as it goes without waiting: how many bytes that was, or <see cref="Broken"/>. When it is not all,
    /// the callback comes once there is room again.
    /// </summary>
    public int WriteWhatFits(ReadOnlySpan<byte> data)
    {
        for (var written = 0; ;)
        {
            var count = Write(data[written..]);
            if (count == Broken)
            {
                return Broken;
            }

            written += Math.Max(count, 0);
            if (written == data.Length || !AwaitWritable())
            {
                return written;
            }
        }
    }

    /// <summary>The same for several buffers, <see cref="MaximumBuffers"/> at most, one after another.</summary>
    public int WriteWhatFits(ReadOnlySpan<ReadOnlyMemory<byte>> buffers)
    {
        var count = WriteGathered(buffers);
        if (count == Broken)
        {
            return Broken;
        }

        var written = Math.Max(count, 0);
        if (written == LengthOf(buffers) || !AwaitWritable())
        {
            return written;
        }

        // There is room again already, which is rare: what is left goes piece by piece.
        var start = 0;
        foreach (var buffer in buffers)
        {
            var end = start + buffer.Length;
            if (written < end)
            {
                count = WriteWhatFits(buffer.Span[(written - start)..]);
                if (count == Broken)
                {
                    return Broken;
                }

                written += count;
                if (written < end)
                {
                    return written;
                }
            }

            start = end;
        }

        return written;
    }

    /// <summary>How many bytes there are in several buffers.</summary>
    public static int LengthOf(ReadOnlySpan<ReadOnlyMemory<byte>> buffers)
    {
        var length = 0;
        foreach (var buffer in buffers)
        {
            length += buffer.Length;
        }

        return length;
    }

    /// <summary>
    /// For who reads by other means: an event that comes after this call makes the next <see cref="AwaitReadable"/> say yes.
    /// </summary>
    public void ExpectReadable() => BeginAttempt(ref _reading);

    /// <summary>True when there may be something to read now; otherwise the callback comes when there is.</summary>
    public bool AwaitReadable()
    {
        if (Volatile.Read(ref _isEndKnown) == 1)
        {
            return true;
        }

        if (_mark.IsDue || _mark.IsRaised)
        {
            return AwaitMuch();
        }

        return !TryBeginWait(ref _reading);
    }

    /// <summary>True when there may be room to write now; otherwise the callback comes when there is.</summary>
    public bool AwaitWritable() => !TryBeginWait(ref _writing);

    /// <summary>
    /// For a socket that nothing more is written to: true when the kernel has sent all that was, or never will; otherwise the
    /// callback comes when that may have changed.
    /// </summary>
    public bool AwaitSent()
    {
        while (Volatile.Read(ref _isDisposed) == 0)
        {
            BeginAttempt(ref _writing);
            if (UnsentData.IsNone(Handle))
            {
                return true;
            }

            if (TryBeginWait(ref _writing))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Stops watching. Who waits is called back once more, and then finds the descriptor closed or broken.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 1)
        {
            return;
        }

        Loop.Remove(this, _tag);

        // Not here: whoever disposes may hold a lock that the callback wants.
        if (Interlocked.Exchange(ref _reading, Ready) == Awaited)
        {
            Loop.Post(new Callback(_onReadable!));
        }

        if (Interlocked.Exchange(ref _writing, Ready) == Awaited)
        {
            Loop.Post(new Callback(_onWritable!));
        }
    }

    /// <summary>On the loop: what epoll says.</summary>
    internal void OnEvents(uint events)
    {
        const uint Ended = LibC.EventError | LibC.EventHangUp;
        if ((events & (LibC.EventPeerHangUp | Ended)) != 0)
        {
            Volatile.Write(ref _isEndKnown, 1);
        }

        if ((events & (LibC.EventReadable | LibC.EventPeerHangUp | Ended)) != 0)
        {
            Signal(ref _reading, _onReadable, _isBulkRead, ref _readTurn);
        }

        if ((events & (LibC.EventWritable | Ended)) != 0)
        {
            Signal(ref _writing, _onWritable, _isBulkWritten, ref _writeTurn);
        }
    }

    /// <summary>On the loop: when the time of a wait for much is over, or null when nobody waits so.</summary>
    internal long? ReminderAt => _isReminded && Volatile.Read(ref _reading) == Awaited ? _reminderAt : null;

    /// <summary>On the loop: notes when the time of a wait for much is over; false when that is known of an earlier wait.</summary>
    internal bool NoteReminder(long at)
    {
        _reminderAt = at;
        (var wasReminded, _isReminded) = (_isReminded, true);
        return !wasReminded;
    }

    /// <summary>On the loop: the time is over.</summary>
    internal void OnReminded()
    {
        _isReminded = false;
        _mark.Lower(Handle);
        Signal(ref _reading, _onReadable, isBulk: true, ref _readTurn);
    }

    /// <summary>On the loop: nobody waits any more.</summary>
    internal void ForgetReminder() => _isReminded = false;

    private bool AwaitMuch()
    {
        if (!Loop.IsCurrent)
        {
            // Nobody would remind it.
            if (_mark.IsRaised)
            {
                _mark.Lower(Handle);
            }

            return !TryBeginWait(ref _reading);
        }

        if (_mark.IsDue)
        {
            _mark.Raise(Handle);
        }

        if (!TryBeginWait(ref _reading))
        {
            return true;
        }

        if (_mark.IsRaised)
        {
            Loop.Remind(this);
        }

        return false;
    }

    private bool TakeEnd() => Volatile.Read(ref _isEndKnown) == 1 && Interlocked.Exchange(ref _isEndKnown, 0) == 1;

    private int NoteRead(int result, bool wasEndKnown)
    {
        if (result == WouldBlock)
        {
            // A terminal that its last process has left may be opened by another: then there is no end any more.
            return result;
        }

        if (wasEndKnown)
        {
            Volatile.Write(ref _isEndKnown, 1);
        }

        _isBulkRead = result >= BulkBytes;
        _mark.Note(result, Loop.Time);
        return result;
    }

    private int NoteWritten(int result)
    {
        _isBulkWritten = result >= BulkBytes;
        return result;
    }

    private static void BeginAttempt(ref int state)
    {
        Volatile.Write(ref state, Idle);
        Interlocked.MemoryBarrier();
    }

    private void Signal(ref int state, Action? callback, bool isBulk, ref Callback? turn)
    {
        if (Interlocked.Exchange(ref state, Ready) != Awaited)
        {
            return;
        }

        if (isBulk)
        {
            Loop.Yield(turn ??= new Callback(callback!));
        }
        else
        {
            callback!();
        }
    }

    private bool TryBeginWait(ref int state) =>
        Volatile.Read(ref _isDisposed) == 0 && Interlocked.CompareExchange(ref state, Awaited, Idle) == Idle;

    private sealed class Callback(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }
}
