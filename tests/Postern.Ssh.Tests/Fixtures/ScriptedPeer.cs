using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Postern.Ssh.Keys;
using Postern.Ssh.Messages;
using Postern.Ssh.Transport.Interop;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Tests.Fixtures;

/// <summary>
/// A client that a test leads word by word, legal or not. Its packets, key exchange and key derivation are its own,
/// apart from the engine's; its cipher is aes128-gcm@openssh.com.
/// </summary>
internal sealed class ScriptedPeer(Socket socket) : IDisposable
{
    public const string Version = "SSH-2.0-Scripted";

    private AesGcm? _sending;
    private AesGcm? _receiving;
    private byte[] _sendingNonce = [];
    private byte[] _receivingNonce = [];
    private byte[] _serverKexInit = [];

    /// <summary>How long a test waits for what must come: far more than it takes on a machine that has much else to do.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMinutes(1);

    public string ServerVersion { get; private set; } = "";

    public byte[] SessionId { get; private set; } = [];

    public byte[] HostKeyBlob { get; private set; } = [];

    /// <summary>What the server told of its host keys, which is received between other messages.</summary>
    public List<byte[]> HostKeyAnnouncements { get; } = [];

    public Ed25519PrivateKey Key { get; set; } = Ed25519PrivateKey.Generate();

    public KexInit Offer { get; set; } = new()
    {
        Cookie = new byte[KexInit.CookieLength],
        KeyExchanges = ["curve25519-sha256", "ext-info-c", "kex-strict-c-v00@openssh.com"],
        HostKeys = ["ssh-ed25519"],
        CiphersToServer = ["aes128-gcm@openssh.com"],
        CiphersToClient = ["aes128-gcm@openssh.com"],
        MacsToServer = ["no-such-mac"],
        MacsToClient = ["no-such-mac"],
        CompressionsToServer = ["none"],
        CompressionsToClient = ["none"],
    };

    public void Dispose()
    {
        socket.Dispose();
        _sending?.Dispose();
        _receiving?.Dispose();
    }

    public static byte[] Encode<T>(T message)
        where T : IMessage<T>
    {
        var buffer = new byte[300_000];
        return buffer[..MessageCodec.Write(message, buffer)];
    }

    private static bool IsAnnouncement(byte[] payload) =>
        payload[0] == MessageNumber.GlobalRequest
        && MessageCodec.Read<GlobalRequestMessage>(payload).Name == "hostkeys-00@openssh.com";

    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await socket.SendAsync(bytes, SocketFlags.None);
        }
        catch (SocketException)
        {
            // The engine has ended already; what it said is read next.
        }
    }

    public Task SendAsync<T>(T message)
        where T : IMessage<T> => SendPayloadAsync(Encode(message));

    public Task SendPayloadAsync(byte[] payload) => SendRawAsync(Seal(payload));

    /// <summary>Seals a packet as the current keys want it.</summary>
    public byte[] Seal(byte[] payload)
    {
        var block = _sending is null ? 8 : 16;
        var counted = payload.Length + 1 + (_sending is null ? 4 : 0);
        var padding = block - (counted % block) + (block - (counted % block) < 4 ? block : 0);
        var packet = new byte[4 + 1 + payload.Length + padding];
        BinaryPrimitives.WriteInt32BigEndian(packet, packet.Length - 4);
        packet[4] = (byte)padding;
        payload.CopyTo(packet, 5);
        if (_sending is null)
        {
            return packet;
        }

        var tag = new byte[16];
        _sending.Encrypt(_sendingNonce, packet.AsSpan(4), packet.AsSpan(4), tag, packet.AsSpan(0, 4));
        Advance(_sendingNonce);
        return [.. packet, .. tag];
    }

    public async Task ExchangeVersionsAsync()
    {
        await SendRawAsync(Encoding.ASCII.GetBytes(Version + "\r\n"));
        await ReadVersionAsync();
    }

    public async Task ReadVersionAsync()
    {
        var line = new StringBuilder();
        while (!line.ToString().EndsWith("\r\n", StringComparison.Ordinal))
        {
            line.Append((char)(await ReadAsync(1))[0]);
        }

        ServerVersion = line.ToString().TrimEnd();
    }

    /// <summary>Receives the next payload that is no EXT_INFO; null at the end of the stream.</summary>
    public async Task<byte[]?> ReceiveAsync()
    {
        while (true)
        {
            var header = await TryReadAsync(4);
            if (header is null)
            {
                return null;
            }

            var length = BinaryPrimitives.ReadInt32BigEndian(header);
            var body = await ReadAsync(length + (_receiving is null ? 0 : 16));
            if (_receiving is not null)
            {
                _receiving.Decrypt(_receivingNonce, body.AsSpan(0, length), body.AsSpan(length), body.AsSpan(0, length), header);
                Advance(_receivingNonce);
            }

            var payload = body[1..(length - body[0])];
            if (IsAnnouncement(payload))
            {
                HostKeyAnnouncements.Add(payload);
                continue;
            }

            if (payload[0] != MessageNumber.ExtInfo)
            {
                return payload;
            }
        }
    }

    public async Task<T> ExpectAsync<T>()
        where T : IMessage<T>
    {
        var payload = await ReceiveAsync();
        Assert.NotNull(payload);
        if (payload[0] == MessageNumber.Disconnect && T.Number != MessageNumber.Disconnect)
        {
            Assert.Fail("disconnected: " + MessageCodec.Read<Disconnect>(payload).Description);
        }

        Assert.Equal(T.Number, payload[0]);
        return MessageCodec.Read<T>(payload);
    }

    /// <summary>Reads to the end of the stream and returns the goodbye, if there was one.</summary>
    public async Task<Disconnect?> ReadToEndAsync()
    {
        Disconnect? goodbye = null;
        try
        {
            while (await ReceiveAsync() is { } payload)
            {
                if (payload[0] == MessageNumber.Disconnect)
                {
                    goodbye = MessageCodec.Read<Disconnect>(payload);
                }
            }
        }
        catch (SocketException)
        {
            // Reset: the engine closed with bytes of ours unread.
        }

        return goodbye;
    }

    /// <summary>Receives bytes without a look at them; no packet can be received after that.</summary>
    public Task DiscardAsync(int count) => ReadAsync(count);

    public void EndSending()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // Closed by the engine.
        }
    }

    public async Task SendKexInitAsync() => await SendAsync(Offer);

    public async Task ReceiveKexInitAsync()
    {
        byte[]? payload;
        do
        {
            payload = await ReceiveAsync();
            Assert.NotNull(payload);
        }
        while (payload[0] is MessageNumber.ChannelData or MessageNumber.ChannelWindowAdjust);

        TakeKexInit(payload);
    }

    /// <summary>Goes on with a KEXINIT that somebody received already.</summary>
    public void TakeKexInit(byte[] payload)
    {
        Assert.Equal(MessageNumber.KexInit, payload[0]);
        _serverKexInit = payload;
    }

    /// <summary>A whole key exchange, first or later.</summary>
    public async Task ExchangeKeysAsync(bool isNewKeysSent = true)
    {
        await SendKexInitAsync();
        await ReceiveKexInitAsync();
        await FinishKeyExchangeAsync(isNewKeysSent);
    }

    /// <summary>What comes after both KEXINITs; without our NEWKEYS the peer goes on sending under the old keys.</summary>
    public async Task FinishKeyExchangeAsync(bool isNewKeysSent = true)
    {
        var privateKey = RandomNumberGenerator.GetBytes(32);
        var publicKey = new byte[32];
        using var key = new X25519(privateKey);
        key.CopyPublicKeyTo(publicKey);
        await SendAsync(new KexEcdhInit(publicKey));
        var reply = await ExpectAsync<KexEcdhReply>();
        var secret = new byte[32];
        Assert.True(key.TryAgree(reply.ServerPublic, secret));

        byte[] encodedSecret = Write((ref WireWriter writer) => writer.WriteMpint(secret));
        var hash = SHA256.HashData(Write((ref WireWriter writer) =>
        {
            writer.WriteText(Version);
            writer.WriteText(ServerVersion);
            writer.WriteString(Encode(Offer));
            writer.WriteString(_serverKexInit);
            writer.WriteString(reply.HostKey);
            writer.WriteString(publicKey);
            writer.WriteString(reply.ServerPublic);
            writer.WriteBytes(encodedSecret);
        }));
        Assert.True(PublicKey.Read(reply.HostKey).Verify(Offer.HostKeys[0], hash, reply.Signature));
        if (SessionId.Length == 0)
        {
            SessionId = hash;
            HostKeyBlob = reply.HostKey;
        }

        byte[] Derive(char letter) => SHA256.HashData([.. encodedSecret, .. hash, (byte)letter, .. SessionId]);
        await ExpectAsync<NewKeys>();
        _receiving = new AesGcm(Derive('D').AsSpan(0, 16), 16);
        _receivingNonce = Derive('B')[..12];
        if (!isNewKeysSent)
        {
            return;
        }

        await SendAsync(default(NewKeys));
        _sending = new AesGcm(Derive('C').AsSpan(0, 16), 16);
        _sendingNonce = Derive('A')[..12];
    }

    public async Task RequestServiceAsync()
    {
        await SendAsync(new ServiceRequest("ssh-userauth"));
        await ExpectAsync<ServiceAccept>();
    }

    public async Task AuthenticateAsync()
    {
        await SendPayloadAsync(SignedRequest(Key));
        await ExpectAsync<UserAuthSuccess>();
    }

    /// <summary>A public-key request without signature.</summary>
    public static byte[] Query(PublicKey key, string user = "user", string algorithm = "ssh-ed25519") =>
        Request(user, "publickey", new PublicKeyRequest(algorithm, key.Blob.ToArray(), null, null));

    /// <summary>A signed public-key request; the parts that a signature covers can be told apart from those sent.</summary>
    public byte[] SignedRequest(
        Ed25519PrivateKey key,
        string user = "user",
        string? signedUser = null,
        byte[]? signedSession = null,
        byte[]? hostKey = null,
        byte[]? blob = null,
        string algorithm = "ssh-ed25519",
        string? signedAlgorithm = null)
    {
        var method = hostKey is null ? "publickey" : "publickey-hostbound-v00@openssh.com";
        blob ??= ((ISigner)key).PublicKey.Blob.ToArray();
        var unsigned = Request(signedUser ?? user, method, new PublicKeyRequest(signedAlgorithm ?? algorithm, blob, hostKey, []));
        var signed = Write((ref WireWriter writer) =>
        {
            writer.WriteString(signedSession ?? SessionId);
            writer.WriteBytes(unsigned.AsSpan(0, unsigned.Length - 4));
        });
        return Request(user, method, new PublicKeyRequest(algorithm, blob, hostKey, key.Sign("ssh-ed25519", signed)));
    }

    private static byte[] Request(string user, string method, PublicKeyRequest proof) => Encode(new UserAuthRequest(
        user, "ssh-connection", method, Write((ref WireWriter writer) => proof.Write(ref writer))));

    private static byte[] Write(WriteAction write)
    {
        var writer = new WireWriter(new byte[200_000]);
        write(ref writer);
        return writer.Written.ToArray();
    }

    private static void Advance(byte[] nonce) => BinaryPrimitives.WriteUInt64BigEndian(
        nonce.AsSpan(4), unchecked(BinaryPrimitives.ReadUInt64BigEndian(nonce.AsSpan(4)) + 1));

    private async Task<byte[]> ReadAsync(int count) =>
        await TryReadAsync(count) ?? throw new EndOfStreamException("the engine closed in the middle of a packet");

    private async Task<byte[]?> TryReadAsync(int count)
    {
        using var cancellation = new CancellationTokenSource(Patience);
        var bytes = new byte[count];
        for (var filled = 0; filled < count;)
        {
            var length = await socket.ReceiveAsync(bytes.AsMemory(filled), SocketFlags.None, cancellation.Token);
            if (length == 0)
            {
                return null;
            }

            filled += length;
        }

        return bytes;
    }

    private delegate void WriteAction(ref WireWriter writer);
}
