using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Postern.Bench.Limit;

/// <summary>
/// The least that a key press can cost on this machine: <c>cat</c> in a terminal whose master is copied from and to a plain
/// connection, one blocking thread for each direction, so four system calls a key. It has no SSH, nor even a cipher.
/// </summary>
internal sealed partial class BareTerminal(int listenPort)
{
    private const int ReadWrite = 2;
    private const int NoControllingTerminal = 0x100;
    private const int CloseOnExec = 0x80000;
    private const int PathLength = 64;

    /// <summary>Serves one connection until the process is killed.</summary>
    public void Run()
    {
        using var listener = new TcpListener(IPAddress.Loopback, listenPort);
        listener.Start();
        using var socket = listener.AcceptSocket();
        socket.NoDelay = true;
        using var master = new FileStream(Open(out var path), FileAccess.ReadWrite, bufferSize: 0);
        using var program = Process.Start("/bin/sh", ["-c", $"exec setsid --ctty cat <{path} >{path}"]);
        var output = new Thread(() =>
        {
            var buffer = new byte[4096];
            for (int count; (count = master.Read(buffer)) > 0;)
            {
                socket.Send(buffer.AsSpan(0, count));
            }
        });
        output.Start();
        var input = new byte[4096];
        for (int count; (count = socket.Receive(input)) > 0;)
        {
            master.Write(input, 0, count);
        }

        program.Kill();
        Environment.Exit(0);
    }

    private static SafeFileHandle Open(out string path)
    {
        var master = OpenTerminal(ReadWrite | NoControllingTerminal | CloseOnExec);
        var name = new byte[PathLength];
        if (master < 0 || Grant(master) != 0 || Unlock(master) != 0 || NameOf(master, name, PathLength) != 0)
        {
            throw new InvalidOperationException("no terminal");
        }

        path = Encoding.UTF8.GetString(name.AsSpan(0, Array.IndexOf(name, (byte)0)));
        return new SafeFileHandle(master, ownsHandle: true);
    }

    [LibraryImport("libc", EntryPoint = "posix_openpt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int OpenTerminal(int flags);

    [LibraryImport("libc", EntryPoint = "grantpt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Grant(int master);

    [LibraryImport("libc", EntryPoint = "unlockpt")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unlock(int master);

    [LibraryImport("libc", EntryPoint = "ptsname_r")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int NameOf(int master, byte[] name, nint length);
}
