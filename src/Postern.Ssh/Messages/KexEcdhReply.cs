using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>The server's half of the key exchange (RFC 5656 section 4, RFC 8731).</summary>
/// <remarks><code>
/// byte      SSH_MSG_KEX_ECDH_REPLY (31)
/// string    K_S, server's public host key or certificate
/// string    Q_S, server's ephemeral public key
/// string    the signature on the exchange hash
/// </code></remarks>
internal readonly record struct KexEcdhReply(
    byte[] HostKey,
    byte[] ServerPublic,
    byte[] Signature) : IMessage<KexEcdhReply>
{
    public static byte Number => MessageNumber.KexEcdhReply;

    public static KexEcdhReply Read(scoped ref WireReader reader) => new(
        reader.ReadString(WireLimits.KeyBlob).ToArray(),
        reader.ReadString(WireLimits.KeyBlob).ToArray(),
        reader.ReadString(WireLimits.Signature).ToArray());

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteString(HostKey);
        writer.WriteString(ServerPublic);
        writer.WriteString(Signature);
    }
}
