using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of a signal request (RFC 4254 section 6.9).</summary>
/// <remarks><code>
/// string    signal name, without SIG
/// </code></remarks>
internal readonly record struct SignalRequest(string Name) : IMessagePart<SignalRequest>
{
    public static SignalRequest Read(scoped ref WireReader reader) => new(reader.ReadText(WireLimits.Name));

    public void Write(scoped ref WireWriter writer) => writer.WriteText(Name);
}
