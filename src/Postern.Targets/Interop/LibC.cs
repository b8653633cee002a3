using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

// The C library is found where the system keeps it, never beside the program.
[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace Postern.Targets.Interop;

/// <summary>The calls of the C library that .NET does not offer; numbers are those of Linux on x64 and arm64.</summary>
internal static unsafe partial class LibC
{
    private const string Library = "libc";

    internal const int Interrupted = 4;
    internal const int InputOutputError = 5;
    internal const int TryAgain = 11;
    internal const int NoSuchProcess = 3;

    internal const int OpenReadWrite = 2;
    internal const int OpenNoControllingTerminal = 0x100;
    internal const int OpenNonBlocking = 0x800;
    internal const int OpenCloseOnExec = 0x80000;
    internal const int OpenPath = 0x200000;

    /// <summary>O_DIRECTORY, whose value differs between the architectures.</summary>
    internal static int OpenDirectory => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x4000 : 0x10000;

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(SafeFileHandle descriptor, byte* buffer, nint count);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(SafeHandle descriptor, byte* buffer, nint count);

    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags, int mode);

    [LibraryImport(Library, EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int OpenAt(SafeFileHandle directory, string path, int flags, int mode);

    [LibraryImport(Library, EntryPoint = "pipe2", SetLastError = true)]
    internal static partial int Pipe(int* descriptors, int flags);

    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int FileControl(SafeFileHandle descriptor, int command, nint argument);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int DeviceControl(SafeFileHandle descriptor, nuint request, void* argument);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int DeviceControl(SafeFileHandle descriptor, nuint request, nint argument);

    [LibraryImport(Library, EntryPoint = "tcgetattr", SetLastError = true)]
    internal static partial int GetTerminalAttributes(SafeFileHandle descriptor, TerminalAttributes* attributes);

    [LibraryImport(Library, EntryPoint = "tcsetattr", SetLastError = true)]
    internal static partial int SetTerminalAttributes(SafeFileHandle descriptor, int when, TerminalAttributes* attributes);

    /// <summary>O_NOFOLLOW, whose value differs between the architectures.</summary>
    internal static int OpenNoFollow => RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;

    [LibraryImport(Library, EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MakeDirectoryAt(SafeFileHandle directory, string name, uint mode);

    [LibraryImport(Library, EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int RemoveAt(SafeFileHandle directory, string name, int flags);

    [LibraryImport(Library, EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ChangeMode(string path, uint mode);

    /// <summary>Changes whose rights the calling thread has on files, and returns whose they were.</summary>
    [LibraryImport(Library, EntryPoint = "setfsuid")]
    internal static partial uint SetFileSystemUser(uint user);

    [LibraryImport(Library, EntryPoint = "setfsgid")]
    internal static partial uint SetFileSystemGroup(uint group);

    [LibraryImport(Library, EntryPoint = "getegid")]
    internal static partial uint GetEffectiveGroupId();

    [LibraryImport(Library, EntryPoint = "socket", SetLastError = true)]
    internal static partial int CreateSocket(int family, int type, int protocol);

    [LibraryImport(Library, EntryPoint = "bind", SetLastError = true)]
    internal static partial int Bind(SafeHandle socket, byte* address, uint length);

    [LibraryImport(Library, EntryPoint = "listen", SetLastError = true)]
    internal static partial int Listen(SafeHandle socket, int backlog);

    [LibraryImport(Library, EntryPoint = "connect", SetLastError = true)]
    internal static partial int Connect(SafeHandle socket, byte* address, uint length);

    [LibraryImport(Library, EntryPoint = "fchown", SetLastError = true)]
    internal static partial int ChangeOwner(SafeFileHandle descriptor, uint user, uint group);

    /// <summary>Changes the owner of a path itself, never of what a symbolic link points at.</summary>
    [LibraryImport(Library, EntryPoint = "lchown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int ChangeLinkOwner(string path, uint user, uint group);

    [LibraryImport(Library, EntryPoint = "geteuid")]
    internal static partial uint GetEffectiveUserId();

    [LibraryImport(Library, EntryPoint = "kill", SetLastError = true)]
    internal static partial int Kill(int processOrGroup, int signal);

    [LibraryImport(Library, EntryPoint = "waitid", SetLastError = true)]
    internal static partial int WaitId(int idType, uint id, byte* signalInfo, int options);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint SystemCall(nint number, nint first, nint second);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint SystemCall(nint number, SafeFileHandle first, nint second, nint third, nint fourth);

    [LibraryImport(Library, EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int CreateEventPoll(int flags);

    [LibraryImport(Library, EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int ControlEventPoll(SafeFileHandle poll, int operation, SafeFileHandle descriptor, byte* pollEvent);

    [LibraryImport(Library, EntryPoint = "epoll_wait", SetLastError = true)]
    internal static partial int WaitEventPoll(SafeFileHandle poll, byte* events, int maxEvents, int timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollEntry* entries, nuint count, int timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int CreateEvent(uint initialValue, int flags);

    [LibraryImport(Library, EntryPoint = "posix_spawn")]
    internal static partial int Spawn(
        int* processId, byte* path, void* fileActions, void* attributes, byte** arguments, byte** environment);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_init")]
    internal static partial int InitializeFileActions(void* actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_destroy")]
    internal static partial int DestroyFileActions(void* actions);

    [LibraryImport(Library, EntryPoint = "posix_spawn_file_actions_adddup2")]
    internal static partial int AddDuplicate(void* actions, int descriptor, int newDescriptor);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_init")]
    internal static partial int InitializeSpawnAttributes(void* attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_destroy")]
    internal static partial int DestroySpawnAttributes(void* attributes);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setflags")]
    internal static partial int SetSpawnFlags(void* attributes, short flags);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigmask")]
    internal static partial int SetSpawnSignalMask(void* attributes, void* signals);

    [LibraryImport(Library, EntryPoint = "posix_spawnattr_setsigdefault")]
    internal static partial int SetSpawnDefaultSignals(void* attributes, void* signals);

    [LibraryImport(Library, EntryPoint = "sigemptyset")]
    internal static partial int ClearSignals(void* signals);

    [LibraryImport(Library, EntryPoint = "sigfillset")]
    internal static partial int FillSignals(void* signals);

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ReadStatus(int directory, string path, int flags, uint mask, byte* status);

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ReadStatus(SafeFileHandle directory, string path, int flags, uint mask, byte* status);

    /// <summary>What an open file is: its type bits, its owner on this machine, and which file of which device.</summary>
    internal static (int Type, uint Owner, ulong Inode, ulong Device) ReadStatus(SafeFileHandle file)
    {
        const int EmptyPath = 0x1000;
        const uint BasicMask = 0x7FF;
        const int StatusSize = 256;
        byte* status = stackalloc byte[StatusSize];
        Check(ReadStatus(file, "", EmptyPath, BasicMask, status), "statx");
        return (*(ushort*)(status + 28) & 0xF000, *(uint*)(status + 20), *(ulong*)(status + 32), *(ulong*)(status + 136));
    }

    /// <summary>Whether a path itself, not what a link points at, is a regular file.</summary>
    internal static bool IsRegularFile(string path)
    {
        const int CurrentDirectory = -100;
        const int NoFollow = 0x100;
        const uint MaskType = 1;
        const int StatusSize = 256;
        const int ModeOffset = 28;
        const int TypeMask = 0xF000;
        const int RegularFile = 0x8000;
        byte* status = stackalloc byte[StatusSize];
        Check(ReadStatus(CurrentDirectory, path, NoFollow, MaskType, status), "statx");
        return (*(ushort*)(status + ModeOffset) & TypeMask) == RegularFile;
    }

    /// <summary>Wraps what a call returned, or says which call failed and why.</summary>
    internal static SafeFileHandle Own(int descriptor, string call)
        => descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw Failure(call);

    internal static void Check(int result, string call)
    {
        if (result < 0)
        {
            throw Failure(call);
        }
    }

    internal static IOException Failure(string call) => Failure(call, Marshal.GetLastPInvokeError());

    internal static IOException Failure(string call, int error)
        => new($"{call} failed: {Marshal.GetPInvokeErrorMessage(error)}");

    /// <summary>struct pollfd, whose events have the numbers of epoll's.</summary>
    internal struct PollEntry
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
