using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>A text for the peer's log (RFC 4253 section 11.3).</summary>
/// <remarks><code>
/// byte      SSH_MSG_DEBUG (4)
/// boolean   always_display
/// string    message, UTF-8
/// string    language tag
/// </code></remarks>
internal readonly record struct Debug(bool IsAlwaysShown, string Text, string Language) : IMessage<Debug>
{
    public static byte Number => MessageNumber.Debug;

    public static Debug Read(scoped ref WireReader reader) => new(
        reader.ReadBoolean(),
        reader.ReadText(WireLimits.Text),
        reader.ReadText(WireLimits.Name));

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteBoolean(IsAlwaysShown);
        writer.WriteText(Text);
        writer.WriteText(Language);
    }
}
