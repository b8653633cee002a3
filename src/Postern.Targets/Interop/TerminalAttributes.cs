using System.Runtime.InteropServices;

namespace Postern.Targets.Interop;

/// <summary><c>struct termios</c> of the C library on Linux.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TerminalAttributes
{
    internal uint InputFlags;
    internal uint OutputFlags;
    internal uint ControlFlags;
    internal uint LocalFlags;
    internal byte LineDiscipline;
    internal fixed byte ControlCharacters[ControlCharacterCount];
    internal uint InputSpeed;
    internal uint OutputSpeed;

    internal const int ControlCharacterCount = 32;
}
