using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of an exec request (RFC 4254 section 6.5).</summary>
/// <remarks><code>
/// string    command
/// </code></remarks>
internal readonly record struct ExecRequest(byte[] Command) : IMessagePart<ExecRequest>
{
    public static ExecRequest Read(scoped ref WireReader reader) => new(
        reader.ReadString(WireLimits.Command).ToArray());

    public void Write(scoped ref WireWriter writer) => writer.WriteString(Command);
}
