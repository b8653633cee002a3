using System.Runtime.InteropServices;

namespace Postern.Ssh.EventLoops;

/// <summary>What the kernel has of us for a TCP socket's peer and has not sent yet, for the peer takes it more slowly.</summary>
internal static unsafe class UnsentData
{
    /// <summary>
    /// Whether there is none, or none that will ever be sent; when there is, the socket's next event of room is that of none. Only
    /// for a socket that nothing more is written to, for it counts as full from now on while anything is unsent.
    /// </summary>
    public static bool IsNone(SafeHandle socket)
    {
        var isHeld = false;
        try
        {
            socket.DangerousAddRef(ref isHeld);

            // tcp(7), TCP_NOTSENT_LOWAT: no room is reported above this many unsent bytes, which a socket that is none of TCP has not.
            var mark = 1;
            if (LibC.SetSocketOption(socket, LibC.ProtocolTcp, LibC.UnsentLowWaterMark, &mark, sizeof(int)) != 0)
            {
                return true;
            }

            // Also has the kernel tell of the room that it finds missing here. A socket that its peer has reset is at its end, and
            // reports room.
            var entry = new LibC.PollEntry { Descriptor = (int)socket.DangerousGetHandle(), Events = (short)LibC.EventWritable };
            return LibC.Poll(&entry, 1, 0) != 0;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
        finally
        {
            if (isHeld)
            {
                socket.DangerousRelease();
            }
        }
    }
}
