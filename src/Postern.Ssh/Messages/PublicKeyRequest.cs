using Postern.Ssh.Wire;

namespace Postern.Ssh.Messages;

/// <summary>
/// Tail of a publickey authentication request (RFC 4252 section 7), or of publickey-hostbound-v00@openssh.com
/// (OpenSSH PROTOCOL 3.1), which adds the host key.
/// </summary>
/// <remarks><code>
/// boolean   whether a signature follows
/// string    public key algorithm name
/// string    public key blob or certificate
/// string    server host key (hostbound only)
/// string    signature (when the boolean is TRUE)
/// </code></remarks>
internal readonly record struct PublicKeyRequest(
    string Algorithm,
    byte[] KeyBlob,
    byte[]? HostKey,
    byte[]? Signature)
{
    public static PublicKeyRequest Read(scoped ref WireReader reader, bool isHostBound)
    {
        var isSigned = reader.ReadBoolean();
        var request = new PublicKeyRequest(
            reader.ReadName(WireLimits.Name),
            reader.ReadString(WireLimits.KeyBlob).ToArray(),
            isHostBound ? reader.ReadString(WireLimits.KeyBlob).ToArray() : null,
            isSigned ? reader.ReadString(WireLimits.Signature).ToArray() : null);
        reader.RequireEnd();
        return request;
    }

    public void Write(scoped ref WireWriter writer)
    {
        writer.WriteBoolean(Signature is not null);
        writer.WriteText(Algorithm);
        writer.WriteString(KeyBlob);
        if (HostKey is not null)
        {
            writer.WriteString(HostKey);
        }

        if (Signature is not null)
        {
            writer.WriteString(Signature);
        }
    }
}
