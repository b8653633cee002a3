using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Authenticated (RFC 4252 section 5.1).</summary>
/// <remarks><code>
/// byte      SSH_MSG_USERAUTH_SUCCESS (52)
/// </code></remarks>
internal readonly record struct UserAuthSuccess : IMessage<UserAuthSuccess>
{
    public static byte Number => MessageNumber.UserAuthSuccess;

    public static UserAuthSuccess Read(scoped ref WireReader reader) => default;

    public void Write(scoped ref WireWriter writer)
    {
    }
}
