using Microsoft.Win32.SafeHandles;
using Postern.Ssh.Connection;

namespace Postern.Targets.Interop;

/// <summary>A terminal in a sandbox: we hold its master end, the session's processes its slave end.</summary>
internal sealed unsafe class PseudoTerminal : IDisposable
{
    private const nuint SetLock = 0x40045431;
    private const nuint GetNumber = 0x80045430;
    private const nuint OpenPeer = 0x5441;
    private const nuint SetSize = 0x5414;
    private const nuint GetForegroundGroup = 0x540F;

    private PseudoTerminal(SafeFileHandle master, SafeFileHandle slave, string path)
    {
        Master = master;
        Slave = slave;
        Path = path;
    }

    /// <summary>Our end, non-blocking.</summary>
    internal SafeFileHandle Master { get; }

    /// <summary>The processes' end; close it here once they have it, or the end of the session is not seen.</summary>
    internal SafeFileHandle Slave { get; }

    /// <summary>What the terminal is called inside the sandbox.</summary>
    internal string Path { get; }

    /// <summary>Makes a terminal.</summary>
    /// <param name="terminals">The sandbox's own mount of devpts, opened when the sandbox started.</param>
    /// <param name="owner">The real user and group id that the terminal belongs to, or null for our own.</param>
    internal static PseudoTerminal Open(SafeFileHandle terminals, uint? owner)
    {
        SafeFileHandle master = LibC.Own(
            LibC.OpenAt(
                terminals,
                "ptmx",
                LibC.OpenReadWrite | LibC.OpenNoControllingTerminal | LibC.OpenCloseOnExec,
                0),
            "open of ptmx");
        try
        {
            int isLocked = 0;
            int number = 0;
            LibC.Check(LibC.DeviceControl(master, SetLock, &isLocked), "TIOCSPTLCK");
            LibC.Check(LibC.DeviceControl(master, GetNumber, &number), "TIOCGPTN");
            SafeFileHandle slave = LibC.Own(
                LibC.DeviceControl(
                    master,
                    OpenPeer,
                    LibC.OpenReadWrite | LibC.OpenNoControllingTerminal | LibC.OpenCloseOnExec),
                "TIOCGPTPEER");
            if (owner is { } user)
            {
                LibC.Check(LibC.ChangeOwner(slave, user, user), "fchown of a terminal");
            }

            Descriptors.SetNonBlocking(master);
            return new PseudoTerminal(master, slave, $"/dev/pts/{number}");
        }
        catch
        {
            master.Dispose();
            throw;
        }
    }

    /// <summary>Applies the modes of a pty-req (RFC 4254 section 8); what does not exist here is left out.</summary>
    internal void ApplyModes(ReadOnlySpan<byte> modes)
    {
        TerminalAttributes attributes;
        LibC.Check(LibC.GetTerminalAttributes(Slave, &attributes), "tcgetattr");
        TerminalModes.Apply(modes, ref attributes);
        LibC.Check(LibC.SetTerminalAttributes(Slave, 0, &attributes), "tcsetattr");
    }

    /// <summary>Changes the size; the foreground processes get SIGWINCH.</summary>
    internal void Resize(TerminalSize size)
    {
        ushort* values = stackalloc ushort[4];
        values[0] = Clamp(size.Rows);
        values[1] = Clamp(size.Columns);
        values[2] = Clamp(size.PixelWidth);
        values[3] = Clamp(size.PixelHeight);
        _ = LibC.DeviceControl(Master, SetSize, values);
    }

    /// <summary>The process group in the foreground, as a process id on this machine, or null for none.</summary>
    internal int? ReadForegroundGroup()
    {
        int group = 0;
        return LibC.DeviceControl(Master, GetForegroundGroup, &group) == 0 && group > 1 ? group : null;
    }

    /// <summary>Puts text before everything that the session's processes print, with the terminal's line ends.</summary>
    internal void Print(ReadOnlySpan<byte> text) => _ = Descriptors.Write(Slave, text);

    /// <summary>Hangs up.</summary>
    public void Dispose()
    {
        Slave.Dispose();
        Master.Dispose();
    }

    private static ushort Clamp(uint value) => (ushort)Math.Min(value, ushort.MaxValue);
}
