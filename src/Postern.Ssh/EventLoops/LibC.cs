using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Postern.Ssh.EventLoops;

/// <summary>The system calls of the event loops; numbers are those of Linux.</summary>
internal static unsafe partial class LibC
{
    internal const int Interrupted = 4;
    internal const int TryAgain = 11;

    internal const int CloseOnExec = 0x80000;
    internal const int NonBlocking = 0x800;

    internal const int ControlAdd = 1;
    internal const int ControlDelete = 2;

    internal const uint EventReadable = 0x1;
    internal const uint EventWritable = 0x4;
    internal const uint EventError = 0x8;
    internal const uint EventHangUp = 0x10;
    internal const uint EventPeerHangUp = 0x2000;
    internal const uint EventEdgeTriggered = 1u << 31;

    internal const int SocketLevel = 1;
    internal const int ReceiveLowWaterMark = 18;
    internal const int ProtocolTcp = 6;
    internal const int UnsentLowWaterMark = 25;

    private const string Library = "libc";

    /// <summary>struct epoll_event is packed on x64 and aligned elsewhere.</summary>
    internal static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    /// <summary>Where the caller's eight bytes are in it.</summary>
    internal static readonly int EventTagOffset = EventSize - sizeof(ulong);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial nint Read(SafeHandle descriptor, byte* buffer, nint count);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial nint Write(SafeHandle descriptor, byte* buffer, nint count);

    [LibraryImport(Library, EntryPoint = "readv", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial nint ReadVector(SafeHandle descriptor, IoVector* vectors, int count);

    [LibraryImport(Library, EntryPoint = "writev", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial nint WriteVector(SafeHandle descriptor, IoVector* vectors, int count);

    [LibraryImport(Library, EntryPoint = "epoll_create1", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int CreateEventPoll(int flags);

    [LibraryImport(Library, EntryPoint = "epoll_ctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int ControlEventPoll(SafeHandle poll, int operation, SafeHandle descriptor, byte* pollEvent);

    [LibraryImport(Library, EntryPoint = "epoll_wait", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int WaitEventPoll(SafeHandle poll, byte* events, int maximumEvents, int milliseconds);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int CreateEvent(uint initialValue, int flags);

    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int SetSocketOption(SafeHandle socket, int level, int option, int* value, int length);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial int Poll(PollEntry* entries, nuint count, int milliseconds);

    /// <summary>Wraps what a call returned, or says which call failed and why.</summary>
    internal static SafeFileHandle Own(int descriptor, string call) =>
        descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failure(call);

    internal static IOException Failure(string call) =>
        new($"{call} failed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    /// <summary>struct pollfd, whose events have the numbers of epoll's.</summary>
    internal struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }

    /// <summary>struct iovec.</summary>
    internal struct IoVector
    {
        public byte* Start;
        public nint Length;
    }
}
