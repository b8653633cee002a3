using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Postern.Ssh.EventLoops;

/// <summary>
/// One thread that waits for all descriptors given to it (epoll, edge-triggered) and does on the spot what is to be
/// done about them. A connection and what its channels lead to share one loop, so that a byte is received, decrypted,
/// handed on and answered without changing threads. Nothing that runs here may block.
/// </summary>
public sealed unsafe class EventLoop
{
    private const int EventsPerWait = 128;
    private const ulong WakeTag = ulong.MaxValue;

    // What is measured of how busy the loop is.
    private static readonly long BusySpan = Stopwatch.Frequency / 10;

    // How long the loop remembers that somebody was at work who moves little: a person thinks between keys.
    private const long InteractiveMilliseconds = 1000;

    [ThreadStatic]
    private static EventLoop? _current;

    private readonly EventLoopGroup _group;
    private readonly SafeFileHandle _poll;
    private readonly SafeFileHandle _wake;

    // Under _gate: who has which slot; a slot's number and its uses so far make the tag of its events.
    private readonly Lock _gate = new();
    private readonly Stack<int> _freeSlots = new();
    private Slot[] _slots = new Slot[64];
    private int _usedSlots;

    // Loop thread only.
    private readonly Queue<IThreadPoolWorkItem> _local = new();
    private readonly Queue<IThreadPoolWorkItem> _bulk = new();
    private readonly ReadReminders _reminders;
    private long _spanWaited;

    // Any thread.
    private readonly ConcurrentQueue<IThreadPoolWorkItem> _posted = new();
    private int _isWakePending;
    private ulong _interactive = WakeTag;
    private long _interactiveAt;
    private int _connections;
    private long _spanBegan = Stopwatch.GetTimestamp();
    private long _waitingSince;
    private double _busyPart;

    internal EventLoop(int number, EventLoopGroup group)
    {
        _group = group;
        _reminders = new ReadReminders(group.Time);
        _poll = LibC.Own(LibC.CreateEventPoll(LibC.CloseOnExec), "epoll_create1");
        _wake = LibC.Own(LibC.CreateEvent(0, LibC.CloseOnExec | LibC.NonBlocking), "eventfd");
        Control(LibC.ControlAdd, _wake, WakeTag, LibC.EventReadable);

        // A loop lives as long as the process, as the threads of the thread pool do.
        new Thread(Run) { IsBackground = true, Name = $"postern-loop-{number}" }.Start();
    }

    /// <summary>How many connections the loop serves, which is how busy it may get.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>The part of its time, of late, in which the loop did not wait: 0 to 1.</summary>
    public double BusyPart
    {
        get
        {
            var now = Stopwatch.GetTimestamp();
            if (Volatile.Read(ref _waitingSince) is not 0 and var since && now - since > BusySpan)
            {
                return 0;
            }

            // Who has not waited for two spans has always had something to do.
            return now - Volatile.Read(ref _spanBegan) > 2 * BusySpan ? 1 : Volatile.Read(ref _busyPart);
        }
    }

    /// <summary>Whether the calling thread is this loop's.</summary>
    public bool IsCurrent => _current == this;

    /// <summary>
    /// Has something run on the loop, in the order of the posts of one thread and behind what is ready by then: also from
    /// the loop itself, for work that lets others have their turn first.
    /// </summary>
    public void Post(IThreadPoolWorkItem item)
    {
        if (IsCurrent)
        {
            _local.Enqueue(item);
            return;
        }

        _posted.Enqueue(item);
        Wake();
    }

    /// <summary>
    /// The same for who goes on with bulk data: each turn of that waits until what is ready by then, and what was posted, has
    /// been done, however many have such turns.
    /// </summary>
    public void Yield(IThreadPoolWorkItem item)
    {
        if (IsCurrent)
        {
            _bulk.Enqueue(item);
            return;
        }

        Post(item);
    }

    /// <summary>The clock of <see cref="LowWaterMark"/>s.</summary>
    internal TimeProvider Time => _group.Time;

    /// <summary>Counts a connection in, or out with -1. Any thread.</summary>
    internal void CountConnection(int difference) => Interlocked.Add(ref _connections, difference);

    /// <summary>Says that somebody has moved little, as a person who types does, and so should not wait long for the others.</summary>
    internal void NoteInteractive(ulong tag)
    {
        Volatile.Write(ref _interactive, tag);
        Volatile.Write(ref _interactiveAt, Environment.TickCount64);
    }

    /// <summary>Whether somebody else has been noted in the last second.</summary>
    internal bool HasInteractiveOther(ulong tag)
    {
        var interactive = Volatile.Read(ref _interactive);
        return interactive != tag
            && interactive != WakeTag
            && Environment.TickCount64 - Volatile.Read(ref _interactiveAt) < InteractiveMilliseconds;
    }

    /// <summary>Starts to watch a descriptor until the result is disposed of.</summary>
    /// <param name="handle">The descriptor, which does not block; the caller owns it and closes it after disposing the result.</param>
    /// <param name="onReadable">Called once for each <see cref="LoopDescriptor.AwaitReadable"/> that said no.</param>
    /// <param name="onWritable">Called once for each <see cref="LoopDescriptor.AwaitWritable"/> that said no.</param>
    /// <param name="isRead">
    /// False for who asks <see cref="LoopDescriptor.AwaitReadable"/> before the first attempt to read, since there is most likely
    /// nothing yet.
    /// </param>
    /// <exception cref="IOException">The system does not watch such a descriptor, or no more of them.</exception>
    public LoopDescriptor Watch(SafeHandle handle, Action? onReadable, Action? onWritable, bool isRead = true) =>
        new(this, handle, onReadable, onWritable, isRead);

    /// <summary>On the loop: calls the reader, who waits for much, in time even when that does not come.</summary>
    internal void Remind(LoopDescriptor descriptor) => _reminders.Add(descriptor);

    /// <summary>Starts to watch a descriptor; the result is its tag.</summary>
    internal ulong Add(LoopDescriptor descriptor)
    {
        ulong tag;
        lock (_gate)
        {
            if (!_freeSlots.TryPop(out var slot))
            {
                slot = _usedSlots++;
                if (slot == _slots.Length)
                {
                    // The loop's thread may be reading the old array, which stays right for the slots that it has.
                    var larger = new Slot[_slots.Length * 2];
                    for (var i = 0; i < _slots.Length; i++)
                    {
                        larger[i] = _slots[i];
                    }

                    Volatile.Write(ref _slots, larger);
                }
            }

            var entry = _slots[slot] ??= new Slot();
            entry.Uses++;
            entry.Descriptor = descriptor;
            tag = TagOf(entry.Uses, slot);
        }

        try
        {
            Control(
                LibC.ControlAdd,
                descriptor.Handle,
                tag,
                LibC.EventReadable | LibC.EventWritable | LibC.EventPeerHangUp | LibC.EventEdgeTriggered);
        }
        catch
        {
            Forget(tag);
            throw;
        }

        return tag;
    }

    /// <summary>Stops watching a descriptor, which is still open.</summary>
    internal void Remove(LoopDescriptor descriptor, ulong tag)
    {
        try
        {
            Control(LibC.ControlDelete, descriptor.Handle, tag, 0);
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException)
        {
            // Closed already, and so watched no more.
        }

        Forget(tag);
    }

    private static ulong TagOf(uint uses, int slot) => ((ulong)uses << 32) | (uint)slot;

    private void Forget(ulong tag)
    {
        lock (_gate)
        {
            var slot = (int)(uint)tag;
            _slots[slot].Descriptor = null;
            _freeSlots.Push(slot);
        }
    }

    private void Run()
    {
        _current = this;
        var events = stackalloc byte[EventsPerWait * 16];
        while (true)
        {
            var count = Wait(events);
            for (var i = 0; i < count; i++)
            {
                var entry = events + (i * LibC.EventSize);
                var tag = *(ulong*)(entry + LibC.EventTagOffset);
                if (tag == WakeTag)
                {
                    TakeWake();
                }
                else
                {
                    Tell(tag, *(uint*)entry);
                }
            }

            RunPosted();
            _reminders.Run();
        }
    }

    private int Wait(byte* events)
    {
        if (_local.Count > 0 || _bulk.Count > 0)
        {
            return LibC.WaitEventPoll(_poll, events, EventsPerWait, 0);
        }

        var began = Stopwatch.GetTimestamp();
        if (began - _spanBegan > BusySpan)
        {
            Volatile.Write(ref _busyPart, 1 - ((double)_spanWaited / (began - _spanBegan)));
            Volatile.Write(ref _spanBegan, began);
            _spanWaited = 0;
        }

        Volatile.Write(ref _waitingSince, began);
        var count = LibC.WaitEventPoll(_poll, events, EventsPerWait, _reminders.IsEmpty ? -1 : ReadReminders.Milliseconds);
        Volatile.Write(ref _waitingSince, 0);
        _spanWaited += Stopwatch.GetTimestamp() - began;
        return count;
    }

    private void Tell(ulong tag, uint events)
    {
        var slots = Volatile.Read(ref _slots);
        var slot = slots[(int)(uint)tag];
        var descriptor = slot.Descriptor;

        // An event of the same wait may have ended this one's descriptor, and its slot may be another's by now.
        if (descriptor is null || TagOf(slot.Uses, (int)(uint)tag) != tag)
        {
            return;
        }

        try
        {
            descriptor.OnEvents(events);
        }
        catch (Exception exception)
        {
            _group.Logger.CallbackFailed(exception);
        }
    }

    private void RunPosted()
    {
        // A turn that begins here goes on when others have been looked at.
        var isBulkDue = _bulk.Count > 0;

        // Only what is there now, so that who posts anew each time does not keep the others from their events.
        for (var left = _local.Count; left > 0; left--)
        {
            Execute(_local.Dequeue());
        }

        for (var left = _posted.Count; left > 0 && _posted.TryDequeue(out var item); left--)
        {
            Execute(item);
        }

        // One turn of bulk data, and then a look at who else is ready.
        if (isBulkDue)
        {
            Execute(_bulk.Dequeue());
        }
    }

    private void Execute(IThreadPoolWorkItem item)
    {
        try
        {
            item.Execute();
        }
        catch (Exception exception)
        {
            _group.Logger.CallbackFailed(exception);
        }
    }

    private void Wake()
    {
        if (Interlocked.Exchange(ref _isWakePending, 1) == 0)
        {
            ulong one = 1;
            _ = LibC.Write(_wake, (byte*)&one, sizeof(ulong));
        }
    }

    private void TakeWake()
    {
        ulong count;
        _ = LibC.Read(_wake, (byte*)&count, sizeof(ulong));

        // Behind this, and before the queue is looked at: who posts later wakes again.
        Interlocked.Exchange(ref _isWakePending, 0);
    }

    private void Control(int operation, SafeHandle descriptor, ulong tag, uint events)
    {
        var entry = stackalloc byte[16];
        *(uint*)entry = events;
        *(ulong*)(entry + LibC.EventTagOffset) = tag;
        if (LibC.ControlEventPoll(_poll, operation, descriptor, entry) < 0)
        {
            throw LibC.Failure("epoll_ctl");
        }
    }

    private sealed class Slot
    {
        public volatile LoopDescriptor? Descriptor;
        public volatile uint Uses;
    }
}
