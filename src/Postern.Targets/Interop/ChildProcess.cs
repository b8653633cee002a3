using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Postern.Ssh.EventLoops;

namespace Postern.Targets.Interop;

/// <summary>
/// A process started with <c>posix_spawn</c>: in a session of its own, with default signal dispositions (the runtime
/// ignores SIGPIPE, which children would inherit) and only the descriptors it was given.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "It closes its descriptor itself when the process has ended.")]
internal sealed unsafe class ChildProcess : IThreadPoolWorkItem
{
    // The C library's opaque structures: glibc needs 80 and 336 bytes, musl less; signal sets are 128.
    private const int FileActionsSize = 256;
    private const int SpawnAttributesSize = 512;
    private const int SignalSetSize = 128;

    private const short SpawnSetDefaultSignals = 0x04;
    private const short SpawnSetSignalMask = 0x08;
    private const short SpawnSetSession = 0x80;

    private const int StandardDescriptorCount = 3;

    private const int SystemCallSendSignal = 424;
    private const int SystemCallOpenProcess = 434;
    private const int WaitForProcessId = 1;
    private const int WaitForProcessDescriptor = 3;
    private const int WaitExited = 4;
    private const int WaitNoHang = 1;
    private const int SignalInfoSize = 128;
    private const int SignalInfoCode = 8;
    private const int SignalInfoStatus = 24;
    private const int CodeExited = 1;
    private const int CodeDumped = 3;

    private readonly SafeFileHandle _descriptor;
    private readonly PollRegistration? _registration;
    private readonly LoopDescriptor? _loopDescriptor;
    private readonly TaskCompletionSource<ProcessEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<ProcessEnd>? _onEnded;

    private ChildProcess(int id, SafeFileHandle descriptor, EventLoop loop, Action<ProcessEnd>? onEnded)
    {
        Id = id;
        _descriptor = descriptor;
        _onEnded = onEnded;
        _loopDescriptor = loop.Watch(descriptor, ReapOnLoop, null, isRead: false);
        if (_loopDescriptor.AwaitReadable())
        {
            loop.Post(this);
        }
    }

    private ChildProcess(int id, SafeFileHandle descriptor, DescriptorPoller poller, Action<ProcessEnd>? onEnded)
    {
        Id = id;
        _descriptor = descriptor;
        _onEnded = onEnded;
        _registration = poller.Register(descriptor, _ => TryReap());
        try
        {
            _registration.Watch(PollEvents.Readable);
        }
        catch
        {
            _registration.Dispose();
            throw;
        }
    }

    /// <summary>The number under which a child finds the fourth of its descriptors; a shell can close it.</summary>
    internal const int ExtraDescriptor = 9;

    /// <summary>The process id on this machine; valid as long as the process has not ended.</summary>
    internal int Id { get; }

    /// <summary>Completes when the process ended.</summary>
    internal Task<ProcessEnd> Ended => _ended.Task;

    /// <summary>Starts a program.</summary>
    /// <param name="poller">Watches for the end.</param>
    /// <param name="arguments">The program's absolute path and its arguments, without NUL bytes.</param>
    /// <param name="environment">Lines of <c>NAME=value</c>: the whole environment of the process.</param>
    /// <param name="descriptors">What the process gets as its descriptors 0, 1, 2 and <see cref="ExtraDescriptor"/>.</param>
    /// <param name="onEnded">Called on the poller's or the loop's thread when the process ended, after <see cref="Ended"/>.</param>
    /// <exception cref="IOException">It did not start, or could not be watched and was killed.</exception>
    internal static ChildProcess Start(
        DescriptorPoller poller,
        IReadOnlyList<byte[]> arguments,
        IReadOnlyList<string> environment,
        IReadOnlyList<SafeFileHandle> descriptors,
        Action<ProcessEnd>? onEnded = null)
        => Start(arguments, environment, descriptors, (id, descriptor) => new ChildProcess(id, descriptor, poller, onEnded));

    /// <summary>The same for a process whose end an event loop watches for and tells.</summary>
    internal static ChildProcess Start(
        EventLoop loop,
        IReadOnlyList<byte[]> arguments,
        IReadOnlyList<string> environment,
        IReadOnlyList<SafeFileHandle> descriptors,
        Action<ProcessEnd>? onEnded = null)
        => Start(arguments, environment, descriptors, (id, descriptor) => new ChildProcess(id, descriptor, loop, onEnded));

    private static ChildProcess Start(
        IReadOnlyList<byte[]> arguments,
        IReadOnlyList<string> environment,
        IReadOnlyList<SafeFileHandle> descriptors,
        Func<int, SafeFileHandle, ChildProcess> watch)
    {
        int id = Spawn(arguments, environment, descriptors);
        SafeFileHandle? descriptor = null;
        try
        {
            descriptor = LibC.Own((int)LibC.SystemCall(SystemCallOpenProcess, id, 0), "pidfd_open");
            return watch(id, descriptor);
        }
        catch
        {
            // Nobody would ever learn of its end.
            descriptor?.Dispose();
            KillAndReap(id);
            throw;
        }
    }

    /// <summary>Sends a signal to the process itself; false when it has ended.</summary>
    internal bool Signal(int signal)
    {
        try
        {
            return LibC.SystemCall(SystemCallSendSignal, _descriptor, signal, 0, 0) == 0;
        }
        catch (ObjectDisposedException)
        {
            return false; // It ended this moment.
        }
    }

    /// <summary>On the loop: it may have ended before it was watched.</summary>
    void IThreadPoolWorkItem.Execute() => ReapOnLoop();

    /// <summary>Ids of the processes that this one has started and not yet waited for.</summary>
    internal int[] ReadChildren()
    {
        try
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{Id}/task/{Id}/children");
            return [.. File.ReadAllText(path)
                .Split(' ', StringSplitOptions.RemoveEmptyEntries)
                .Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return []; // The process has ended.
        }
    }

    private static int Spawn(
        IReadOnlyList<byte[]> arguments, IReadOnlyList<string> environment, IReadOnlyList<SafeFileHandle> descriptors)
    {
        byte* actions = stackalloc byte[FileActionsSize];
        byte* attributes = stackalloc byte[SpawnAttributesSize];
        byte* signals = stackalloc byte[SignalSetSize];
        _ = LibC.InitializeFileActions(actions);
        _ = LibC.InitializeSpawnAttributes(attributes);
        byte** argumentVector = null;
        byte** environmentVector = null;
        try
        {
            AddDescriptors(actions, descriptors);
            _ = LibC.SetSpawnFlags(attributes, SpawnSetDefaultSignals | SpawnSetSignalMask | SpawnSetSession);
            _ = LibC.ClearSignals(signals);
            _ = LibC.SetSpawnSignalMask(attributes, signals);
            _ = LibC.FillSignals(signals);
            _ = LibC.SetSpawnDefaultSignals(attributes, signals);
            argumentVector = MakeVector(arguments);
            environmentVector = MakeVector([.. environment.Select(Encoding.UTF8.GetBytes)]);
            int id;
            int error = LibC.Spawn(&id, argumentVector[0], actions, attributes, argumentVector, environmentVector);
            return error == 0
                ? id
                : throw LibC.Failure($"Starting {Encoding.UTF8.GetString(arguments[0])}", error);
        }
        finally
        {
            FreeVector(argumentVector);
            FreeVector(environmentVector);
            _ = LibC.DestroyFileActions(actions);
            _ = LibC.DestroySpawnAttributes(attributes);
        }
    }

    // Our own descriptors close on exec, the copies do not. The extra one is copied last, so that its number is free
    // by then whatever this process uses it for; the standard ones are never sources.
    private static void AddDescriptors(void* actions, IReadOnlyList<SafeFileHandle> descriptors)
    {
        if (descriptors.Count > StandardDescriptorCount + 1)
        {
            throw new ArgumentException("A child gets the standard descriptors and one more.", nameof(descriptors));
        }

        for (int i = 0; i < descriptors.Count; i++)
        {
            int source = (int)descriptors[i].DangerousGetHandle();
            if (source < StandardDescriptorCount)
            {
                throw new ArgumentException("A standard descriptor of this process is not a source.", nameof(descriptors));
            }

            _ = LibC.AddDuplicate(actions, source, i < StandardDescriptorCount ? i : ExtraDescriptor);
        }
    }

    private static byte** MakeVector(IReadOnlyList<byte[]> items)
    {
        var vector = (byte**)NativeMemory.AllocZeroed((nuint)(items.Count + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < items.Count; i++)
        {
            vector[i] = (byte*)NativeMemory.AllocZeroed((nuint)items[i].Length + 1);
            items[i].CopyTo(new Span<byte>(vector[i], items[i].Length));
        }

        return vector;
    }

    private static void FreeVector(byte** vector)
    {
        for (byte** item = vector; item is not null && *item is not null; item++)
        {
            NativeMemory.Free(*item);
        }

        NativeMemory.Free(vector);
    }

    // The process leads a group of its own from its start, and keeps its number until it is waited for.
    private static void KillAndReap(int id)
    {
        byte* info = stackalloc byte[SignalInfoSize];
        _ = LibC.Kill(-id, SignalNames.Kill);
        while (LibC.WaitId(WaitForProcessId, (uint)id, info, WaitExited) != 0
            && Marshal.GetLastPInvokeError() == LibC.Interrupted)
        {
            // A signal of ours came; wait on.
        }
    }

    private void ReapOnLoop()
    {
        do
        {
            _loopDescriptor!.ExpectReadable();
        }
        while (!TryReap() && _loopDescriptor.AwaitReadable());
    }

    private bool TryReap()
    {
        byte* info = stackalloc byte[SignalInfoSize];
        new Span<byte>(info, SignalInfoSize).Clear();
        int result = LibC.WaitId(
            WaitForProcessDescriptor, (uint)_descriptor.DangerousGetHandle(), info, WaitExited | WaitNoHang);
        int code = *(int*)(info + SignalInfoCode);
        if (result == 0 && code == 0)
        {
            return false; // Not ended: somebody else's wake-up.
        }

        _registration?.Dispose();
        _loopDescriptor?.Dispose();
        int status = *(int*)(info + SignalInfoStatus);
        ProcessEnd end = code == CodeExited
            ? new ProcessEnd(status, 0, false)
            : new ProcessEnd(0, status, code == CodeDumped);
        _descriptor.Dispose();
        _ended.TrySetResult(end);
        _onEnded?.Invoke(end);
        return true;
    }
}
