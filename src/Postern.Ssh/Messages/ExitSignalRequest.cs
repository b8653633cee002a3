using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of an exit-signal request (RFC 4254 section 6.10).</summary>
/// <remarks><code>
/// string    signal name, without SIG
/// boolean   core dumped
/// string    error message, UTF-8
/// string    language tag
/// </code></remarks>
internal readonly record struct ExitSignalRequest(
    string SignalName,
    bool IsCoreDumped,
    string Text,
    string Language) : IMessagePart<ExitSignalRequest>
{
    public static ExitSignalRequest Read(scoped ref WireReader reader) => new(
        reader.ReadText(WireLimits.Name),
        reader.ReadBoolean(),
        reader.ReadText(WireLimits.Text),
        reader.ReadText(WireLimits.Name));

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteText(SignalName);
        writer.WriteBoolean(IsCoreDumped);
        writer.WriteText(Text);
        writer.WriteText(Language);
    }
}
