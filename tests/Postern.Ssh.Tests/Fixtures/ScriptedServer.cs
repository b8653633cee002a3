using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Ssh.Client;
using Postern.Ssh.Keys;
using Postern.Ssh.Messages;
using Postern.Ssh.Transport.Interop;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Tests.Fixtures;

/// <summary>
/// A server that a test leads word by word, legal or not, against our client. Its packets, key exchange and key
/// derivation are its own, apart from the engine's; its cipher is aes128-gcm@openssh.com.
/// </summary>
internal sealed class ScriptedServer(Socket socket) : IDisposable
{
    private const string Version = "SSH-2.0-Scripted";

    private AesGcm? _sending;
    private AesGcm? _receiving;
    private AesGcm? _nextReceiving;
    private byte[] _sendingNonce = [];
    private byte[] _nextReceivingNonce = [];
    private byte[] _receivingNonce = [];
    private byte[] _sessionId = [];
    private string _clientVersion = "";
    private byte[] _clientKexInit = [];

    /// <summary>The client's way in.</summary>
    public required Task<SshClientConnection> Connecting { get; init; }

    public ISigner HostKey { get; set; } = EngineFixture.HostKey;

    public KexInit Offer { get; set; } = new()
    {
        Cookie = new byte[KexInit.CookieLength],
        KeyExchanges = ["curve25519-sha256", "kex-strict-s-v00@openssh.com"],
        HostKeys = ["ssh-ed25519"],
        CiphersToServer = ["aes128-gcm@openssh.com"],
        CiphersToClient = ["aes128-gcm@openssh.com"],
        MacsToServer = [],
        MacsToClient = [],
        CompressionsToServer = ["none"],
        CompressionsToClient = ["none"],
    };

    /// <summary>Has our client connect to a server that has said nothing yet.</summary>
    public static async Task<ScriptedServer> StartAsync(ClientConfig? config = null)
    {
        var (near, far) = await Line.PairAsync();
        return new ScriptedServer(far)
        {
            Connecting = SshClient.ConnectAsync(near, config ?? ClientFixture.Config, NullLogger.Instance, CancellationToken.None),
        };
    }

    /// <summary>The same, up to the point where the client has asked for the service and wants to authenticate.</summary>
    public static async Task<ScriptedServer> StartAtAuthenticationAsync(ClientConfig? config = null, ExtInfo? extensions = null)
    {
        var server = await StartAsync(config);
        await server.ExchangeVersionsAsync();
        await server.ExchangeKeysAsync();
        if (extensions is not null)
        {
            await server.SendAsync(extensions);
        }

        await server.ExpectAsync<ServiceRequest>();
        await server.SendAsync(new ServiceAccept("ssh-userauth"));
        return server;
    }

    /// <summary>The same, up to a client that is signed in.</summary>
    public static async Task<(ScriptedServer Server, SshClientConnection Client)> StartSignedInAsync(ClientConfig? config = null)
    {
        var server = await StartAtAuthenticationAsync(config);
        await server.ExpectAsync<UserAuthRequest>();
        await server.SendAsync(default(UserAuthSuccess));
        return (server, await server.Connecting.WaitAsync(ScriptedPeer.Patience));
    }

    public void Dispose()
    {
        socket.Dispose();
        _sending?.Dispose();
        _receiving?.Dispose();
        _nextReceiving?.Dispose();
    }

    /// <summary>Why the client did not get in.</summary>
    public async Task<ConnectFailedException> FailureAsync() =>
        await Assert.ThrowsAsync<ConnectFailedException>(() => Connecting.WaitAsync(ScriptedPeer.Patience));

    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await socket.SendAsync(bytes, SocketFlags.None);
        }
        catch (SocketException)
        {
            // The client has ended already; its reason is looked at next.
        }
    }

    public void EndSending()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // Closed by the client.
        }
    }

    public Task SendAsync<T>(T message)
        where T : IMessage<T> => SendPayloadAsync(ScriptedPeer.Encode(message));

    public Task SendPayloadAsync(byte[] payload) => SendRawAsync(Seal(payload));

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

        _clientVersion = line.ToString().TrimEnd();
    }

    /// <summary>A whole key exchange, first or later, in which the reply may be tampered with.</summary>
    public async Task ExchangeKeysAsync(Func<KexEcdhReply, KexEcdhReply>? tamper = null)
    {
        await SendAsync(Offer);
        var init = await ReceiveInitAsync();
        if (tamper is null)
        {
            await FinishKeysAsync(init);
        }
        else
        {
            await ReplyAsync(init, tamper);
        }
    }

    /// <summary>What comes after the client's public value.</summary>
    public async Task FinishKeysAsync(KexEcdhInit init)
    {
        await ReplyAsync(init);
        await ExpectAsync<NewKeys>();
        _receiving = _nextReceiving;
        _receivingNonce = _nextReceivingNonce;
    }

    /// <summary>Reads the client's KEXINIT and its public value.</summary>
    public async Task<KexEcdhInit> ReceiveInitAsync()
    {
        _clientKexInit = await ReceiveAsync();
        Assert.Equal(MessageNumber.KexInit, _clientKexInit[0]);
        return await ExpectAsync<KexEcdhInit>();
    }

    /// <summary>Sends the reply, and NEWKEYS, after which all is sent under new keys.</summary>
    public async Task ReplyAsync(KexEcdhInit init, Func<KexEcdhReply, KexEcdhReply>? tamper = null, bool sendsNewKeys = true)
    {
        var privateKey = RandomNumberGenerator.GetBytes(32);
        var publicKey = new byte[32];
        using var key = new X25519(privateKey);
        key.CopyPublicKeyTo(publicKey);
        var secret = new byte[32];
        Assert.True(key.TryAgree(init.ClientPublic, secret));
        var encodedSecret = Write((ref WireWriter writer) => writer.WriteMpint(secret));
        var hostKey = HostKey.PublicKey.Blob.ToArray();
        var hash = SHA256.HashData(Write((ref WireWriter writer) =>
        {
            writer.WriteText(_clientVersion);
            writer.WriteText(Version);
            writer.WriteString(_clientKexInit);
            writer.WriteString(ScriptedPeer.Encode(Offer));
            writer.WriteString(hostKey);
            writer.WriteString(init.ClientPublic);
            writer.WriteString(publicKey);
            writer.WriteBytes(encodedSecret);
        }));
        _sessionId = _sessionId.Length == 0 ? hash : _sessionId;
        var reply = new KexEcdhReply(hostKey, publicKey, HostKey.Sign(HostKey.PublicKey.SignatureAlgorithms[0], hash));
        await SendAsync(tamper is null ? reply : tamper(reply));
        if (!sendsNewKeys)
        {
            return;
        }

        await SendAsync(default(NewKeys));
        byte[] Derive(char letter) => SHA256.HashData([.. encodedSecret, .. hash, (byte)letter, .. _sessionId]);
        _sending = new AesGcm(Derive('D').AsSpan(0, 16), 16);
        _sendingNonce = Derive('B')[..12];
        _nextReceiving = new AesGcm(Derive('C').AsSpan(0, 16), 16);
        _nextReceivingNonce = Derive('A')[..12];
    }

    public async Task<T> ExpectAsync<T>()
        where T : IMessage<T>
    {
        var payload = await ReceiveAsync();
        if (payload[0] == MessageNumber.Disconnect && T.Number != MessageNumber.Disconnect)
        {
            Assert.Fail("disconnected: " + MessageCodec.Read<Disconnect>(payload).Description);
        }

        Assert.Equal(T.Number, payload[0]);
        return MessageCodec.Read<T>(payload);
    }

    /// <summary>Receives a payload.</summary>
    public async Task<byte[]> ReceiveAsync()
    {
        var header = await ReadAsync(4);
        var length = BinaryPrimitives.ReadInt32BigEndian(header);
        var body = await ReadAsync(length + (_receiving is null ? 0 : 16));
        if (_receiving is not null)
        {
            _receiving.Decrypt(_receivingNonce, body.AsSpan(0, length), body.AsSpan(length), body.AsSpan(0, length), header);
            Advance(_receivingNonce);
        }

        return body[1..(length - body[0])];
    }

    private byte[] Seal(byte[] payload)
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

    private async Task<byte[]> ReadAsync(int count)
    {
        using var cancellation = new CancellationTokenSource(ScriptedPeer.Patience);
        var bytes = new byte[count];
        for (var filled = 0; filled < count;)
        {
            var length = await socket.ReceiveAsync(bytes.AsMemory(filled), SocketFlags.None, cancellation.Token);
            filled += length > 0 ? length : throw new EndOfStreamException("the client has closed");
        }

        return bytes;
    }

    private static void Advance(byte[] nonce) => BinaryPrimitives.WriteUInt64BigEndian(
        nonce.AsSpan(4), unchecked(BinaryPrimitives.ReadUInt64BigEndian(nonce.AsSpan(4)) + 1));

    private static byte[] Write(WriteAction write)
    {
        var writer = new WireWriter(new byte[200_000]);
        write(ref writer);
        return writer.Written.ToArray();
    }

    private delegate void WriteAction(ref WireWriter writer);
}
