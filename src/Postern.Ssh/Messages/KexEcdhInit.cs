using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>The client's ephemeral public key (RFC 5656 section 4, RFC 8731).</summary>
/// <remarks><code>
/// byte      SSH_MSG_KEX_ECDH_INIT (30)
/// string    Q_C, client's ephemeral public key
/// </code></remarks>
internal readonly record struct KexEcdhInit(byte[] ClientPublic) : IMessage<KexEcdhInit>
{
    public static byte Number => MessageNumber.KexEcdhInit;

    public static KexEcdhInit Read(scoped ref WireReader reader) => new(
        reader.ReadString(WireLimits.KeyBlob).ToArray());

    public void Write(scoped ref WireWriter writer) => writer.WriteString(ClientPublic);
}
