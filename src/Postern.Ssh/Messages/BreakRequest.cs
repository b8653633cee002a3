using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of a break request (RFC 4335 section 3).</summary>
/// <remarks><code>
/// uint32    length in milliseconds
/// </code></remarks>
internal readonly record struct BreakRequest(uint Milliseconds) : IMessagePart<BreakRequest>
{
    public static BreakRequest Read(scoped ref WireReader reader) => new(reader.ReadUInt32());

    public void Write(scoped ref WireWriter writer) => writer.WriteUInt32(Milliseconds);
}
