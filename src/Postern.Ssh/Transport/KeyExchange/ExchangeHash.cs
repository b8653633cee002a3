using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>The exchange hash H (RFC 5656 section 4, RFC 8731 section 3).</summary>
/// <remarks><code>
/// string   V_C, client's identification string (CR and LF excluded)
/// string   V_S, server's identification string (CR and LF excluded)
/// string   I_C, payload of the client's SSH_MSG_KEXINIT
/// string   I_S, payload of the server's SSH_MSG_KEXINIT
/// string   K_S, server's public host key
/// string   Q_C, client's ephemeral public key
/// string   Q_S, server's ephemeral public key
/// mpint    K,   shared secret (some methods: string)
/// </code></remarks>
internal sealed record ExchangeHash
{
    public required string ClientVersion { get; init; }

    public required string ServerVersion { get; init; }

    public required byte[] ClientKexInit { get; init; }

    public required byte[] ServerKexInit { get; init; }

    public required ReadOnlyMemory<byte> HostKey { get; init; }

    public required byte[] ClientPublic { get; init; }

    public required byte[] ServerPublic { get; init; }

    /// <summary>K with its length in front.</summary>
    public required byte[] EncodedSecret { get; init; }

    public byte[] Compute(HashAlgorithmName algorithm)
    {
        using var hash = IncrementalHash.CreateHash(algorithm);
        AppendString(hash, Encoding.ASCII.GetBytes(ClientVersion));
        AppendString(hash, Encoding.ASCII.GetBytes(ServerVersion));
        AppendString(hash, ClientKexInit);
        AppendString(hash, ServerKexInit);
        AppendString(hash, HostKey.Span);
        AppendString(hash, ClientPublic);
        AppendString(hash, ServerPublic);
        hash.AppendData(EncodedSecret);
        return hash.GetHashAndReset();
    }

    private static void AppendString(IncrementalHash hash, ReadOnlySpan<byte> value)
    {
        Span<byte> length = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteInt32BigEndian(length, value.Length);
        hash.AppendData(length);
        hash.AppendData(value);
    }
}
