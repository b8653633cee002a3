using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>A signature by this key is worth making (RFC 4252 section 7).</summary>
/// <remarks><code>
/// byte      SSH_MSG_USERAUTH_PK_OK (60)
/// string    public key algorithm name from the request
/// string    public key blob from the request
/// </code></remarks>
internal readonly record struct UserAuthPublicKeyOk(string Algorithm, byte[] KeyBlob) : IMessage<UserAuthPublicKeyOk>
{
    public static byte Number => MessageNumber.UserAuthPublicKeyOk;

    public static UserAuthPublicKeyOk Read(scoped ref WireReader reader) => new(
        reader.ReadName(WireLimits.Name),
        reader.ReadString(WireLimits.KeyBlob).ToArray());

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteText(Algorithm);
        writer.WriteString(KeyBlob);
    }
}
