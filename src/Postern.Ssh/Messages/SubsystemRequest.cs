using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of a subsystem request (RFC 4254 section 6.5).</summary>
/// <remarks><code>
/// string    subsystem name
/// </code></remarks>
internal readonly record struct SubsystemRequest(string Name) : IMessagePart<SubsystemRequest>
{
    public static SubsystemRequest Read(scoped ref WireReader reader) => new(
        reader.ReadText(WireLimits.ExtendedName));

    public void Write(scoped ref WireWriter writer) => writer.WriteText(Name);
}
