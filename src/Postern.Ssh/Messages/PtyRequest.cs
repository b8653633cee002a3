using Postern.Ssh.Connection;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of a pty-req request (RFC 4254 section 6.2).</summary>
/// <remarks><code>
/// string    TERM environment variable value
/// uint32    terminal width, characters
/// uint32    terminal height, rows
/// uint32    terminal width, pixels
/// uint32    terminal height, pixels
/// string    encoded terminal modes
/// </code></remarks>
internal readonly record struct PtyRequest(string Terminal, TerminalSize Size, byte[] Modes) : IMessagePart<PtyRequest>
{
    public static PtyRequest Read(scoped ref WireReader reader) => new(
        reader.ReadText(WireLimits.ExtendedName),
        WindowChangeRequest.Read(ref reader).Size,
        reader.ReadString(WireLimits.TerminalModes).ToArray());

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteText(Terminal);
        new WindowChangeRequest(Size).Write(ref writer);
        writer.WriteString(Modes);
    }
}
