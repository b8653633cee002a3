using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Postern.Targets.Interop;

/// <summary>Makes pipes and reads and writes them without waiting.</summary>
internal static unsafe class Descriptors
{
    private const int SetFlags = 4;
    private const int SetPipeSize = 1031;

    /// <summary>A pipe whose ends both close on exec.</summary>
    internal static (SafeFileHandle Read, SafeFileHandle Write) CreatePipe()
    {
        int* ends = stackalloc int[2];
        LibC.Check(LibC.Pipe(ends, LibC.OpenCloseOnExec), "pipe2");
        return (LibC.Own(ends[0], "pipe2"), LibC.Own(ends[1], "pipe2"));
    }

    /// <summary>
    /// Asks for a pipe that holds so many bytes, which the kernel gives as long as the user has not too many of them; the pipe
    /// stays as it is otherwise.
    /// </summary>
    internal static void TryWiden(SafeFileHandle pipe, int bytes)
        => _ = LibC.FileControl(pipe, SetPipeSize, bytes);

    /// <summary>
    /// Makes reads and writes of our end return at once. The flag belongs to the open file, so never set it on an
    /// end that a child shares.
    /// </summary>
    internal static void SetNonBlocking(SafeFileHandle descriptor)
        => LibC.Check(LibC.FileControl(descriptor, SetFlags, LibC.OpenNonBlocking | LibC.OpenReadWrite), "fcntl");

    /// <summary>Whether there is something to read; its end is nothing.</summary>
    internal static bool HasUnread(SafeFileHandle descriptor)
    {
        bool isHeld = false;
        try
        {
            descriptor.DangerousAddRef(ref isHeld);
            var entry = new LibC.PollEntry { Descriptor = (int)descriptor.DangerousGetHandle(), Events = (short)PollEvents.Readable };
            return LibC.Poll(&entry, 1, 0) > 0 && (entry.Returned & (short)PollEvents.Readable) != 0;
        }
        finally
        {
            if (isHeld)
            {
                descriptor.DangerousRelease();
            }
        }
    }

    /// <summary>Reads what is there: the number of bytes, 0 at the end, or null when nothing is there yet.</summary>
    internal static int? Read(SafeFileHandle descriptor, Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                nint count = LibC.Read(descriptor, start, buffer.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                switch (Marshal.GetLastPInvokeError())
                {
                    case LibC.Interrupted:
                        continue;
                    case LibC.TryAgain:
                        return null;
                    default:
                        return 0; // EIO: the last process has left the terminal.
                }
            }
        }
    }

    /// <summary>Writes what fits: the number of bytes, 0 when nothing fits now, or null when nobody reads any more.</summary>
    internal static int? Write(SafeHandle descriptor, ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
        {
            while (true)
            {
                nint count = LibC.Write(descriptor, start, data.Length);
                if (count >= 0)
                {
                    return (int)count;
                }

                switch (Marshal.GetLastPInvokeError())
                {
                    case LibC.Interrupted:
                        continue;
                    case LibC.TryAgain:
                        return 0;
                    default:
                        return null;
                }
            }
        }
    }
}
