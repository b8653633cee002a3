using Postern.Ssh.Connection;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of a window-change request (RFC 4254 section 6.7).</summary>
/// <remarks><code>
/// uint32    terminal width, columns
/// uint32    terminal height, rows
/// uint32    terminal width, pixels
/// uint32    terminal height, pixels
/// </code></remarks>
internal readonly record struct WindowChangeRequest(TerminalSize Size) : IMessagePart<WindowChangeRequest>
{
    public static WindowChangeRequest Read(scoped ref WireReader reader) => new(
        new TerminalSize(reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt32()));

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteUInt32(Size.Columns);
        writer.WriteUInt32(Size.Rows);
        writer.WriteUInt32(Size.PixelWidth);
        writer.WriteUInt32(Size.PixelHeight);
    }
}
