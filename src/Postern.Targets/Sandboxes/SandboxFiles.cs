using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Postern.Targets.Interop;

namespace Postern.Targets.Sandboxes;

/// <summary>Opens paths as a sandbox sees them. The kernel resolves them, and no link or <c>..</c> leads out of the root.</summary>
internal static unsafe class SandboxFiles
{
    private const int SystemCallOpenAt2 = 437;
    private const ulong ResolveNoMagicLinks = 0x02;
    private const ulong ResolveInRoot = 0x10;

    /// <summary>The longest path that the kernel takes.</summary>
    internal const int MaxPathBytes = 4095;

    /// <summary>Whether a path is one: absolute, no longer than the kernel takes, without NUL, which starts abstract names.</summary>
    internal static bool IsPath(string path)
        => path.StartsWith('/') && !path.Contains('\0', StringComparison.Ordinal) && Encoding.UTF8.GetByteCount(path) <= MaxPathBytes;

    /// <summary>Opens what a path names, for reference only (O_PATH). Links are followed inside the root.</summary>
    /// <exception cref="IOException">It is not there, or the calling thread may not reach it.</exception>
    internal static SafeFileHandle Open(SafeFileHandle root, string path, int flags)
    {
        byte[] name = [.. Encoding.UTF8.GetBytes(path), 0];
        ulong* how = stackalloc ulong[3];
        how[0] = (ulong)(flags | LibC.OpenPath | LibC.OpenCloseOnExec);
        how[1] = 0;
        how[2] = ResolveInRoot | ResolveNoMagicLinks;
        fixed (byte* start = name)
        {
            return LibC.Own(
                (int)LibC.SystemCall(SystemCallOpenAt2, root, (nint)start, (nint)how, 3 * sizeof(ulong)), "open in the sandbox");
        }
    }

    /// <summary>A path that leads to an open file for us and for nobody else, whatever happens to its name.</summary>
    internal static string GetOwnPath(SafeFileHandle file) => $"/proc/self/fd/{file.DangerousGetHandle()}";

    /// <summary>The calling program's error number of the last failed call.</summary>
    internal static int LastError => Marshal.GetLastPInvokeError();
}
