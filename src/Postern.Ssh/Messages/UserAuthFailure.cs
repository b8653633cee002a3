using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Not authenticated; lists what may help (RFC 4252 section 5.1).</summary>
/// <remarks><code>
/// byte      SSH_MSG_USERAUTH_FAILURE (51)
/// name-list authentications that can continue
/// boolean   partial success
/// </code></remarks>
internal readonly record struct UserAuthFailure(string[] Methods, bool IsPartialSuccess) : IMessage<UserAuthFailure>
{
    public static byte Number => MessageNumber.UserAuthFailure;

    public static UserAuthFailure Read(scoped ref WireReader reader) => new(
        reader.ReadNameList(WireLimits.NameList),
        reader.ReadBoolean());

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteNameList(Methods);
        writer.WriteBoolean(IsPartialSuccess);
    }
}
