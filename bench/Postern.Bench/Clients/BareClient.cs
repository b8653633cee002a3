using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using Postern.Ssh.Client;
using Postern.Ssh.Messages;
using Postern.Ssh.Transport.Ciphers;
using Postern.Ssh.Transport.Interop;
using Postern.Ssh.Transport.KeyExchange;
using Postern.Ssh.Wire;

namespace Postern.Bench.Clients;

/// <summary>
/// The cheapest client that a server cannot tell from another: one blocking socket, <c>curve25519-sha256</c>,
/// <c>aes128-gcm@openssh.com</c>, one key. It sends what others send, in the same turns; what it spares is what only
/// protects a client: its ephemeral key stays the same, and it believes every host key. One thread at a time.
/// </summary>
internal sealed class BareClient : IDisposable
{
    private const string KeyExchange = "curve25519-sha256";
    private const string Cipher = "aes128-gcm@openssh.com";
    private const string ClientVersion = "SSH-2.0-OpenSSH_9.2";
    private const int HeaderLength = PacketEncryptor.HeaderLength;

    private static readonly CipherSuite Suite = CipherSuite.Find(Cipher)!;

    private readonly ClientTarget _target;
    private readonly ClientIdentity _identity;
    private readonly string _keyAlgorithm;
    private readonly X25519 _share;
    private readonly byte[] _public = new byte[X25519.KeyLength];
    private readonly byte[] _kexInit;
    private readonly byte[] _received = new byte[64 * 1024];
    private readonly byte[] _sent = new byte[16 * 1024];
    private Socket? _socket;
    private int _start;
    private int _end;
    private int _filled;

    public BareClient(ClientTarget target)
    {
        _target = target;
        _identity = target.Config.Identities[0];
        var type = _identity.Signer.PublicKey.Type;
        _keyAlgorithm = _identity.Certificate is null ? type : type + "-cert-v01@openssh.com";
        _share = new X25519(RandomNumberGenerator.GetBytes(X25519.KeyLength));
        _share.CopyPublicKeyTo(_public);
        string[] macs = ["hmac-sha2-256-etm@openssh.com"];
        var message = new byte[1024];
        _kexInit = message[..MessageCodec.Write(
            new KexInit
            {
                Cookie = RandomNumberGenerator.GetBytes(KexInit.CookieLength),
                KeyExchanges = [KeyExchange, AlgorithmNegotiation.ClientExtensions, AlgorithmNegotiation.ClientStrict],
                HostKeys = ["ssh-ed25519"],
                CiphersToServer = [Cipher],
                CiphersToClient = [Cipher],
                MacsToServer = macs,
                MacsToClient = macs,
                CompressionsToServer = ["none"],
                CompressionsToClient = ["none"],
            },
            message)];
    }

    /// <summary>Connects, signs in and leaves. Throws when it is not let in.</summary>
    public void SignInAndLeave()
    {
        _socket?.Dispose();
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _start = _end = _filled = 0;
        _socket.Connect(_target.Address);

        foreach (var letter in ClientVersion + "\r\n")
        {
            _sent[_filled++] = (byte)letter;
        }

        AppendPlain(_kexInit);
        Send();
        var serverVersion = ReadLine();
        var serverKexInit = ReadPlain(MessageNumber.KexInit).ToArray();

        AppendPlain(Encode(new KexEcdhInit(_public)));
        Send();
        var reply = MessageCodec.Read<KexEcdhReply>(ReadPlain(MessageNumber.KexEcdhReply));
        var (sessionId, derivation) = Agree(reply, serverVersion, serverKexInit);
        ReadPlain(MessageNumber.NewKeys);
        using var sealing = derivation.CreateEncryptor(Suite, isToServer: true);
        using var opening = derivation.CreateDecryptor(Suite, isToServer: false);

        // Both sides mark strict key exchange; these ciphers need no sequence numbers.
        AppendPlain([MessageNumber.NewKeys]);
        AppendSealed(sealing, Encode(new ServiceRequest("ssh-userauth")));
        Send();
        ReadUntil(opening, MessageNumber.ServiceAccept);

        AppendSealed(sealing, Prove(sessionId));
        Send();
        ReadUntil(opening, MessageNumber.UserAuthSuccess);

        AppendSealed(sealing, Encode(new Disconnect(11, "bye", "")));
        Send();
        _socket.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket?.Dispose();
        _share.Dispose();
    }

    private (byte[] SessionId, KeyDerivation Keys) Agree(KexEcdhReply reply, string serverVersion, byte[] serverKexInit)
    {
        Span<byte> secret = stackalloc byte[X25519.KeyLength];
        if (!_share.TryAgree(reply.ServerPublic, secret))
        {
            throw new InvalidOperationException("the server's public key is none");
        }

        var encoded = new byte[sizeof(uint) + 1 + X25519.KeyLength];
        var writer = new WireWriter(encoded);
        writer.WriteMpint(secret);
        var encodedSecret = writer.Written.ToArray();
        var hash = new ExchangeHash
        {
            ClientVersion = ClientVersion,
            ServerVersion = serverVersion,
            ClientKexInit = _kexInit,
            ServerKexInit = serverKexInit,
            HostKey = reply.HostKey,
            ClientPublic = _public,
            ServerPublic = reply.ServerPublic,
            EncodedSecret = encodedSecret,
        }.Compute(HashAlgorithmName.SHA256);
        return (hash, new KeyDerivation(HashAlgorithmName.SHA256, encodedSecret, hash, hash));
    }

    /// <summary>The request with the signature over the session and all before it (RFC 4252 section 7).</summary>
    private byte[] Prove(byte[] sessionId)
    {
        var blob = (_identity.Certificate?.Blob ?? _identity.Signer.PublicKey.Blob).Span;
        var buffer = new byte[1024 + (2 * blob.Length)];
        var writer = new WireWriter(buffer);
        writer.WriteString(sessionId);
        var start = writer.Position;
        writer.WriteByte(MessageNumber.UserAuthRequest);
        writer.WriteText(_target.Config.UserName);
        writer.WriteText("ssh-connection");
        writer.WriteText("publickey");
        writer.WriteBoolean(true);
        writer.WriteText(_keyAlgorithm);
        writer.WriteString(blob);
        writer.WriteString(_identity.Signer.Sign(_identity.Signer.PublicKey.SignatureAlgorithms[0], writer.Written));
        return writer.Written[start..].ToArray();
    }

    private static byte[] Encode<T>(T message)
        where T : IMessage<T>
    {
        var buffer = new byte[512];
        return buffer[..MessageCodec.Write(message, buffer)];
    }

    // Padded to blocks of 8 (RFC 4253 section 6).
    private void AppendPlain(ReadOnlySpan<byte> payload)
    {
        var padding = 8 - ((HeaderLength + payload.Length) % 8);
        padding += padding < 4 ? 8 : 0;
        var packet = _sent.AsSpan(_filled);
        BinaryPrimitives.WriteInt32BigEndian(packet, 1 + payload.Length + padding);
        packet[sizeof(uint)] = (byte)padding;
        payload.CopyTo(packet[HeaderLength..]);
        packet.Slice(HeaderLength + payload.Length, padding).Clear();
        _filled += HeaderLength + payload.Length + padding;
    }

    private void AppendSealed(PacketEncryptor sealing, ReadOnlySpan<byte> payload)
    {
        payload.CopyTo(_sent.AsSpan(_filled + HeaderLength));
        _filled += sealing.Seal(_sent.AsSpan(_filled), payload.Length, 0);
    }

    private void Send()
    {
        _socket!.Send(_sent, 0, _filled, SocketFlags.None);
        _filled = 0;
    }

    private void Receive()
    {
        if (_start == _end)
        {
            _start = _end = 0;
        }

        var count = _socket!.Receive(_received, _end, _received.Length - _end, SocketFlags.None);
        _end += count > 0 ? count : throw new InvalidOperationException("the server closed the connection");
    }

    private string ReadLine()
    {
        int length;
        while ((length = _received.AsSpan(_start, _end - _start).IndexOf("\r\n"u8)) < 0)
        {
            Receive();
        }

        var line = System.Text.Encoding.ASCII.GetString(_received, _start, length);
        _start += length + 2;
        return line;
    }

    private Span<byte> ReadWhole(int tag)
    {
        while (_end - _start < sizeof(uint))
        {
            Receive();
        }

        var length = sizeof(uint) + BinaryPrimitives.ReadInt32BigEndian(_received.AsSpan(_start)) + tag;
        while (_end - _start < length)
        {
            Receive();
        }

        var packet = _received.AsSpan(_start, length);
        _start += length;
        return packet;
    }

    private Span<byte> ReadPlain(byte number)
    {
        var packet = ReadWhole(0);
        var payload = packet[HeaderLength..^packet[sizeof(uint)]];
        return payload[0] == number ? payload : throw new InvalidOperationException($"message {payload[0]} instead of {number}");
    }

    // Extensions, banners and global requests may come in between.
    private void ReadUntil(PacketDecryptor opening, byte number)
    {
        while (true)
        {
            var packet = ReadWhole(opening.TagLength);
            var received = opening.TryOpen(packet, 0) ? packet[HeaderLength] : throw new CryptographicException("a packet is damaged");
            if (received == number)
            {
                return;
            }

            if (received is MessageNumber.UserAuthFailure or MessageNumber.Disconnect)
            {
                throw new InvalidOperationException($"the server answers with message {received}");
            }
        }
    }
}
