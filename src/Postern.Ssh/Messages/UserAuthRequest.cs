using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>Asks to authenticate; the method decides what follows (RFC 4252 section 5).</summary>
/// <remarks><code>
/// byte      SSH_MSG_USERAUTH_REQUEST (50)
/// string    user name, UTF-8
/// string    service name
/// string    method name
/// ....      method specific fields
/// </code></remarks>
internal readonly record struct UserAuthRequest(
    string UserName,
    string Service,
    string Method,
    byte[] Rest) : IMessage<UserAuthRequest>
{
    public static byte Number => MessageNumber.UserAuthRequest;

    public static UserAuthRequest Read(scoped ref WireReader reader) => new(
        reader.ReadText(WireLimits.UserName),
        reader.ReadName(WireLimits.Name),
        reader.ReadName(WireLimits.Name),
        reader.ReadRest().ToArray());

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteText(UserName);
        writer.WriteText(Service);
        writer.WriteText(Method);
        writer.WriteBytes(Rest);
    }
}
