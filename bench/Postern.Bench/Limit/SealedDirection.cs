using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Postern.Bench.Limit;

/// <summary>One direction of a sealed connection: the cipher of libcrypto, a fixed key, and a nonce that counts packets.</summary>
internal sealed class SealedDirection : IDisposable
{
    /// <summary>Bytes of a tag.</summary>
    public const int Tag = 16;

    private const int Header = sizeof(uint);

    private readonly AesGcm? _aes;
    private readonly ChaCha20Poly1305? _chaCha;
    private readonly byte[] _nonce = new byte[12];
    private ulong _packets;

    /// <param name="cipher">SSH's name of it.</param>
    public SealedDirection(string cipher)
    {
        switch (cipher)
        {
            case "aes128-gcm@openssh.com":
                _aes = new AesGcm(new byte[16], Tag);
                break;
            case "chacha20-poly1305@openssh.com":
                _chaCha = new ChaCha20Poly1305(new byte[32]);
                break;
            default:
                throw new ArgumentException($"no bare relay for {cipher}", nameof(cipher));
        }
    }

    /// <summary>Seals a packet in place, with its header in front and room for the tag behind.</summary>
    public void Seal(Span<byte> packet)
    {
        var header = packet[..Header];
        var content = packet[Header..^Tag];
        var tag = packet[^Tag..];
        Advance();
        if (_aes is not null)
        {
            _aes.Encrypt(_nonce, content, content, tag, header);
        }
        else
        {
            _chaCha!.Encrypt(_nonce, content, content, tag, header);
        }
    }

    /// <summary>Verifies and opens a packet in place. Throws when it is not as it was sealed.</summary>
    public void Open(Span<byte> packet)
    {
        var header = packet[..Header];
        var content = packet[Header..^Tag];
        var tag = packet[^Tag..];
        Advance();
        if (_aes is not null)
        {
            _aes.Decrypt(_nonce, content, tag, content, header);
        }
        else
        {
            _chaCha!.Decrypt(_nonce, content, tag, content, header);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _aes?.Dispose();
        _chaCha?.Dispose();
    }

    private void Advance() => BinaryPrimitives.WriteUInt64BigEndian(_nonce, ++_packets);
}
