using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>A text for the person, before the outcome (RFC 4252 section 5.4).</summary>
/// <remarks><code>
/// byte      SSH_MSG_USERAUTH_BANNER (53)
/// string    message, UTF-8
/// string    language tag
/// </code></remarks>
internal readonly record struct UserAuthBanner(string Text, string Language) : IMessage<UserAuthBanner>
{
    public static byte Number => MessageNumber.UserAuthBanner;

    public static UserAuthBanner Read(scoped ref WireReader reader) => new(
        reader.ReadText(WireLimits.Text),
        reader.ReadText(WireLimits.Name));

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteText(Text);
        writer.WriteText(Language);
    }
}
