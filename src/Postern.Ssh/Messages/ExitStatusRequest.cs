using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of an exit-status request (RFC 4254 section 6.10).</summary>
/// <remarks><code>
/// uint32    exit_status
/// </code></remarks>
internal readonly record struct ExitStatusRequest(uint Status) : IMessagePart<ExitStatusRequest>
{
    public static ExitStatusRequest Read(scoped ref WireReader reader) => new(reader.ReadUInt32());

    public void Write(scoped ref WireWriter writer) => writer.WriteUInt32(Status);
}
