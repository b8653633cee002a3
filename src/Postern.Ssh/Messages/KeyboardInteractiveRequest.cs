using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Tail of a keyboard-interactive authentication request (RFC 4256 section 3.1).</summary>
/// <remarks><code>
/// string    language tag, deprecated
/// string    submethods, UTF-8: names separated by commas, as a hint
/// </code></remarks>
internal readonly record struct KeyboardInteractiveRequest(string Language, string Submethods) : IMessagePart<KeyboardInteractiveRequest>
{
    public static KeyboardInteractiveRequest Read(scoped ref WireReader reader) => new(
        reader.ReadText(WireLimits.Name),
        reader.ReadText(WireLimits.Text));

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteText(Language);
        writer.WriteText(Submethods);
    }
}
