using System.Security.Cryptography;
using System.Text;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Transport.Ciphers;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>
/// The server's side of key exchanges, the first and all later ones (RFC 4253 sections 7 and 9), and of strict key
/// exchange (draft-miller-sshm-strict-kex). All members belong to the connection's dispatch lock.
/// </summary>
internal sealed class ServerKeyExchange(ServerConfig config, SendQueue send, PacketReader reader, string serverVersion)
{
    // Name lists of everything that is offered, with room to spare.
    private const int LongestMessage = 8 * 1024;

    // Number and length fields of the reply, with room to spare.
    private const int ReplyOverhead = 64;

    private Step _step = Step.Idle;
    private KexInit? _ownKexInit;
    private byte[]? _ownKexInitPayload;
    private byte[]? _peerKexInitPayload;
    private NegotiatedAlgorithms? _algorithms;
    private PacketDecryptor? _nextDecryptor;
    private bool _isGuessIgnored;
    private bool _wantsExtensions;

    private enum Step
    {
        Idle,
        AwaitingKexInit,
        AwaitingInit,
        AwaitingNewKeys,
    }

    /// <summary>The client's identification string; set before its first packet is read.</summary>
    public string ClientVersion { get; set; } = "";

    /// <summary>The exchange hash of the first exchange, which names the session for good; null before.</summary>
    public byte[]? SessionId { get; private set; }

    /// <summary>The host key blob of the first exchange; null before.</summary>
    public ReadOnlyMemory<byte>? HostKeyBlob { get; private set; }

    /// <summary>Whether both sides follow strict key exchange.</summary>
    public bool IsStrict { get; private set; }

    /// <summary>Whether the first exchange is over.</summary>
    public bool HasKeys { get; private set; }

    /// <summary>Whether an exchange is under way, from the first KEXINIT of either side to the peer's NEWKEYS.</summary>
    public bool IsRunning => _step != Step.Idle;

    /// <summary>
    /// Whether the peer has sent KEXINIT and not yet NEWKEYS, so that only key exchange may come from it
    /// (RFC 4253 section 7.1).
    /// </summary>
    public bool IsPeerBound => _step is Step.AwaitingInit or Step.AwaitingNewKeys;

    /// <summary>Whether every message but the next one of the exchange is fatal: a strict first exchange.</summary>
    public bool IsOnlyExchangeAllowed => IsStrict && !HasKeys;

    /// <summary>Sends our KEXINIT, unless that was done for the exchange under way.</summary>
    public void Start()
    {
        if (_step != Step.Idle)
        {
            return;
        }

        var cookie = new byte[KexInit.CookieLength];
        config.Randomness.Fill(cookie);
        string[] ciphers = [.. config.Algorithms.Ciphers];
        _ownKexInit = new KexInit
        {
            Cookie = cookie,
            KeyExchanges = [.. config.Algorithms.KeyExchanges, AlgorithmNegotiation.ServerStrict],
            HostKeys = [.. config.HostKeys.SelectMany(HostKeyAlgorithms)],
            CiphersToServer = ciphers,
            CiphersToClient = ciphers,
            MacsToServer = [OfferedMac],
            MacsToClient = [OfferedMac],
            CompressionsToServer = [AlgorithmNegotiation.NoCompression],
            CompressionsToClient = [AlgorithmNegotiation.NoCompression],
        };

        var packet = OutgoingPacket.Rent(LongestMessage);
        packet.PayloadLength = MessageCodec.Write(_ownKexInit, packet.Payload.Span);
        _ownKexInitPayload = packet.Payload.Span[..packet.PayloadLength].ToArray();
        _step = Step.AwaitingKexInit;
        send.Append(packet);
    }

    /// <summary>
    /// Takes a message numbered 20 to 49. Throws <see cref="DisconnectException"/> when it does not belong here.
    /// </summary>
    public void Receive(ReadOnlySpan<byte> payload)
    {
        if (_isGuessIgnored && payload[0] >= MessageNumber.FirstKeyExchangeMethod)
        {
            _isGuessIgnored = false;
            return;
        }

        switch (payload[0])
        {
            case MessageNumber.KexInit when _step is Step.Idle or Step.AwaitingKexInit:
                ReceiveKexInit(payload);
                break;
            case MessageNumber.KexEcdhInit when _step == Step.AwaitingInit:
                ReceiveInit(MessageCodec.Read<KexEcdhInit>(payload));
                break;
            case MessageNumber.NewKeys when _step == Step.AwaitingNewKeys:
                ReceiveNewKeys(MessageCodec.Read<NewKeys>(payload));
                break;
            default:
                throw DisconnectException.Protocol($"message {payload[0]} out of order in key exchange");
        }
    }

    // Never used, for all ciphers authenticate; some clients refuse an empty list.
    private const string OfferedMac = "hmac-sha2-256-etm@openssh.com";

    private static IEnumerable<string> HostKeyAlgorithms(HostKey key)
    {
        var plain = key.Signer.PublicKey.SignatureAlgorithms;
        return key.Certificate is null ? plain : plain.Select(SignatureAlgorithmNames.ForCertificate).Concat(plain);
    }

    private void ReceiveKexInit(ReadOnlySpan<byte> payload)
    {
        var client = MessageCodec.Read<KexInit>(payload);
        Start();
        if (!HasKeys)
        {
            // The markers count in the first KEXINIT only.
            IsStrict = client.KeyExchanges.Contains(AlgorithmNegotiation.ClientStrict);
            _wantsExtensions = client.KeyExchanges.Contains(AlgorithmNegotiation.ClientExtensions);
            if (IsStrict && reader.NextSequence != 1)
            {
                throw DisconnectException.Protocol("KEXINIT is not the first packet of a strict key exchange");
            }
        }

        _peerKexInitPayload = payload.ToArray();
        _algorithms = AlgorithmNegotiation.Negotiate(client, _ownKexInit!);
        _isGuessIgnored = AlgorithmNegotiation.IsGuessWrong(client, _ownKexInit!);
        _step = Step.AwaitingInit;
    }

    private void ReceiveInit(KexEcdhInit message)
    {
        var algorithms = _algorithms!;
        var signature = SignatureAlgorithmNames.ToSignature(algorithms.HostKey, out var isCertificate);
        var hostKey = config.HostKeys.First(key => HostKeyAlgorithms(key).Contains(algorithms.HostKey));
        var hostKeyBlob = isCertificate ? hostKey.Certificate!.Blob : hostKey.Signer.PublicKey.Blob;

        using var agreement = algorithms.KeyExchange.Respond(message.ClientPublic, config.Randomness);
        var hash = new ExchangeHash
        {
            ClientVersion = ClientVersion,
            ServerVersion = serverVersion,
            ClientKexInit = _peerKexInitPayload!,
            ServerKexInit = _ownKexInitPayload!,
            HostKey = hostKeyBlob,
            ClientPublic = message.ClientPublic,
            ServerPublic = agreement.ServerPublic,
            EncodedSecret = agreement.EncodedSecret,
        }.Compute(algorithms.KeyExchange.Hash);

        var reply = new KexEcdhReply(hostKeyBlob.ToArray(), agreement.ServerPublic, hostKey.Signer.Sign(signature, hash));
        send.Append(reply, ReplyOverhead + reply.HostKey.Length + reply.ServerPublic.Length + reply.Signature.Length);

        SessionId ??= hash;
        HostKeyBlob ??= hostKeyBlob;
        ChangeKeys(new KeyDerivation(algorithms.KeyExchange.Hash, agreement.EncodedSecret, hash, SessionId), algorithms);
        if (!HasKeys && _wantsExtensions)
        {
            SendExtensions();
        }

        _step = Step.AwaitingNewKeys;
    }

    /// <summary>Sends NEWKEYS, with our new keys behind it, and keeps the peer's for its NEWKEYS.</summary>
    private void ChangeKeys(KeyDerivation derivation, NegotiatedAlgorithms algorithms)
    {
        var toClient = algorithms.CipherToClient;
        var key = derivation.Derive(KeyDerivation.KeyToClient, toClient.KeyLength);
        var vector = derivation.Derive(KeyDerivation.InitialVectorToClient, toClient.InitialVectorLength);
        var packet = OutgoingPacket.Rent(1);
        packet.PayloadLength = MessageCodec.Write(default(NewKeys), packet.Payload.Span);
        packet.KeysAfter = new OutgoingPacket.KeyChange(toClient.CreateEncryptor(key, vector), IsStrict);
        CryptographicOperations.ZeroMemory(key);
        send.Append(packet);

        var toServer = algorithms.CipherToServer;
        key = derivation.Derive(KeyDerivation.KeyToServer, toServer.KeyLength);
        vector = derivation.Derive(KeyDerivation.InitialVectorToServer, toServer.InitialVectorLength);
        _nextDecryptor = toServer.CreateDecryptor(key, vector);
        CryptographicOperations.ZeroMemory(key);
    }

    private void SendExtensions()
    {
        var signatures = config.Algorithms.UserSignatures;
        var names = string.Join(',', signatures);
        send.Append(
            new ExtInfo(
            [
                new ExtInfo.Extension("server-sig-algs", Encoding.ASCII.GetBytes(names)),
                new ExtInfo.Extension("publickey-hostbound@openssh.com", "0"u8.ToArray()),
                new ExtInfo.Extension("ping@openssh.com", "0"u8.ToArray()),
            ]),
            LongestMessage);
    }

    private void ReceiveNewKeys(NewKeys message)
    {
        _ = message;
        reader.ChangeKeys(_nextDecryptor!, IsStrict);
        _nextDecryptor = null;
        _algorithms = null;
        _ownKexInit = null;
        _ownKexInitPayload = null;
        _peerKexInitPayload = null;
        _isGuessIgnored = false;
        HasKeys = true;
        _step = Step.Idle;
    }
}
