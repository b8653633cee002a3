using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Postern.Targets.Interop;

/// <summary>
/// One thread that starts the processes of a target, waits for their ends and calls back then. Callbacks must not block.
/// What processes read and write is served by the connections' own event loops.
/// </summary>
internal sealed unsafe class DescriptorPoller : IDisposable
{
    private const int EventsPerWait = 64;
    private const ulong WakeId = 0;
    private const int ControlAdd = 1;
    private const int ControlDelete = 2;
    private const int ControlModify = 3;
    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;

    // struct epoll_event is packed on x64 and aligned elsewhere.
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int EventDataOffset = EventSize - 8;

    private readonly SafeFileHandle _poll;
    private readonly SafeFileHandle _wake;
    private readonly ConcurrentDictionary<ulong, Action<PollEvents>> _callbacks = new();
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly Thread _thread;
    private readonly ILogger _logger;
    private ulong _lastId = WakeId;
    private volatile bool _isStopping;
    private volatile bool _hasEnded;

    internal DescriptorPoller(ILogger logger)
    {
        _logger = logger;
        _poll = LibC.Own(LibC.CreateEventPoll(CloseOnExec), "epoll_create1");
        _wake = LibC.Own(LibC.CreateEvent(0, CloseOnExec | NonBlocking), "eventfd");
        Control(ControlAdd, _wake, WakeId, PollEvents.Readable);
        _thread = new Thread(Run) { IsBackground = true, Name = "postern-targets" };
        _thread.Start();
    }

    /// <summary>Runs an action on the poller's thread, after what was posted before.</summary>
    internal void Post(Action action)
    {
        _posted.Enqueue(action);
        Wake();
    }

    /// <summary>
    /// Runs a function on the poller's thread and hands over its result. The thread lives as long as the target,
    /// which matters for what the kernel ties to the thread that did it, such as a child's parent-death signal. Fails with
    /// <see cref="ObjectDisposedException"/> when the target has stopped.
    /// </summary>
    /// <param name="function">It must not block.</param>
    /// <param name="goesOnHere">
    /// Whether what awaits the result goes on at once on the poller's thread, where it must not block either, which spares
    /// the way to the thread pool.
    /// </param>
    internal Task<T> RunAsync<T>(Func<T> function, bool goesOnHere = false)
    {
        var completion = new TaskCompletionSource<T>(
            goesOnHere ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
        int isTaken = 0;
        Post(() =>
        {
            if (Interlocked.Exchange(ref isTaken, 1) == 1)
            {
                return;
            }

            try
            {
                completion.SetResult(function());
            }
            catch (Exception exception)
            {
                completion.SetException(exception);
            }
        });

        // Either the last look at the queue comes behind what was posted, or the end is seen here.
        Interlocked.MemoryBarrier();
        if (_hasEnded && Interlocked.Exchange(ref isTaken, 1) == 0)
        {
            completion.SetException(new ObjectDisposedException(nameof(DescriptorPoller)));
        }

        return completion.Task;
    }

    /// <summary>Registers a descriptor that is not watched yet; the caller keeps owning it.</summary>
    internal PollRegistration Register(SafeFileHandle descriptor, Action<PollEvents> callback)
    {
        ulong id = Interlocked.Increment(ref _lastId);
        _callbacks[id] = callback;
        return new PollRegistration(this, descriptor, id);
    }

    internal void Change(SafeFileHandle descriptor, ulong id, PollEvents before, PollEvents after)
    {
        if (before == after)
        {
            return;
        }

        // A descriptor without interest is taken out altogether: the kernel reports hang-ups even to nobody's interest.
        int operation = after == PollEvents.None ? ControlDelete : before == PollEvents.None ? ControlAdd : ControlModify;
        Control(operation, descriptor, id, after);
    }

    internal void Forget(ulong id) => _callbacks.TryRemove(id, out _);

    public void Dispose()
    {
        if (_isStopping)
        {
            return;
        }

        _isStopping = true;
        Wake();
        if (Thread.CurrentThread != _thread)
        {
            _thread.Join();
        }

        _poll.Dispose();
        _wake.Dispose();
    }

    private void Run()
    {
        byte* events = stackalloc byte[EventsPerWait * 16];
        while (!_isStopping)
        {
            int count = LibC.WaitEventPoll(_poll, events, EventsPerWait, -1);
            for (int i = 0; i < count; i++)
            {
                byte* pollEvent = events + (i * EventSize);
                ulong id = *(ulong*)(pollEvent + EventDataOffset);
                if (id == WakeId)
                {
                    DrainWake();
                }
                else if (_callbacks.TryGetValue(id, out Action<PollEvents>? callback))
                {
                    Call(callback, *(PollEvents*)pollEvent);
                }
            }

            RunPosted();
        }

        _hasEnded = true;
        Interlocked.MemoryBarrier();
        RunPosted(); // What came while it was being stopped.
    }

    private void RunPosted()
    {
        while (_posted.TryDequeue(out Action? action))
        {
            Call(_ => action(), PollEvents.None);
        }
    }

    private void Call(Action<PollEvents> callback, PollEvents events)
    {
        try
        {
            callback(events);
        }
        catch (Exception exception)
        {
            _logger.PollerCallbackFailed(exception);
        }
    }

    private void Wake()
    {
        ulong one = 1;
        try
        {
            _ = LibC.Write(_wake, (byte*)&one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // The target has stopped, and with it all that a late timer or channel has something to say about.
        }
    }

    private void DrainWake()
    {
        ulong count;
        _ = LibC.Read(_wake, (byte*)&count, sizeof(ulong));
    }

    private void Control(int operation, SafeFileHandle descriptor, ulong id, PollEvents events)
    {
        byte* pollEvent = stackalloc byte[16];
        *(uint*)pollEvent = (uint)events;
        *(ulong*)(pollEvent + EventDataOffset) = id;
        LibC.Check(LibC.ControlEventPoll(_poll, operation, descriptor, pollEvent), "epoll_ctl");
    }
}
