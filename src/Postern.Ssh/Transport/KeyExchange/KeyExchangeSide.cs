using Postern.Ssh.Messages;
using Postern.Ssh.Transport.Ciphers;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>
/// What both sides of key exchanges have in common, in the first and all later ones (RFC 4253 sections 7 and 9): the
/// order of the messages, strict key exchange (draft-miller-sshm-strict-kex), and the change of keys. All members
/// belong to the connection's dispatch lock.
/// </summary>
internal abstract class KeyExchangeSide(
    AlgorithmCatalogue algorithms, IRandomSource randomness, SendQueue send, PacketReader reader) : IDisposable
{
    /// <summary>The longest KEXINIT or EXT_INFO of ours: name lists of everything there is, with room to spare.</summary>
    protected const int LongestMessage = 8 * 1024;

    private Step _step = Step.Idle;
    private PacketDecryptor? _nextDecryptor;
    private bool _isGuessIgnored;

    private enum Step
    {
        Idle,
        AwaitingKexInit,
        AwaitingMethod,
        AwaitingNewKeys,
    }

    /// <summary>The peer's identification string; set before its first packet is read.</summary>
    public string PeerVersion { get; set; } = "";

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
    public bool IsPeerBound => _step is Step.AwaitingMethod or Step.AwaitingNewKeys;

    /// <summary>Whether every message but the next one of the exchange is fatal: a strict first exchange.</summary>
    public bool IsOnlyExchangeAllowed => IsStrict && !HasKeys;

    /// <summary>Where our messages go.</summary>
    protected SendQueue Send => send;

    /// <summary>What was agreed on in the exchange under way.</summary>
    protected NegotiatedAlgorithms? Algorithms { get; private set; }

    /// <summary>Our KEXINIT of the exchange under way.</summary>
    protected byte[]? OwnKexInit { get; private set; }

    /// <summary>The peer's KEXINIT of the exchange under way.</summary>
    protected byte[]? PeerKexInit { get; private set; }

    /// <summary>Whether we are the server.</summary>
    protected abstract bool IsServer { get; }

    /// <summary>The host key algorithms of our KEXINIT, best first.</summary>
    protected abstract IEnumerable<string> OfferedHostKeys { get; }

    /// <summary>The names that our KEXINIT puts behind the key exchange methods.</summary>
    protected abstract IEnumerable<string> OfferedMarkers { get; }

    private KexInit? OwnOffer { get; set; }

    /// <summary>Sends our KEXINIT, unless that was done for the exchange under way.</summary>
    public void Start()
    {
        if (_step != Step.Idle)
        {
            return;
        }

        var cookie = new byte[KexInit.CookieLength];
        randomness.Fill(cookie);
        string[] ciphers = [.. algorithms.Ciphers];
        string[] macs = [.. algorithms.Macs];
        OwnOffer = new KexInit
        {
            Cookie = cookie,
            KeyExchanges = [.. algorithms.KeyExchanges, .. OfferedMarkers],
            HostKeys = [.. OfferedHostKeys],
            CiphersToServer = ciphers,
            CiphersToClient = ciphers,
            MacsToServer = macs,
            MacsToClient = macs,
            CompressionsToServer = [AlgorithmNegotiation.NoCompression],
            CompressionsToClient = [AlgorithmNegotiation.NoCompression],
        };

        var packet = OutgoingPacket.Rent(LongestMessage);
        packet.PayloadLength = MessageCodec.Write(OwnOffer, packet.Payload.Span);
        OwnKexInit = packet.Payload.Span[..packet.PayloadLength].ToArray();
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
            case >= MessageNumber.FirstKeyExchangeMethod when _step == Step.AwaitingMethod:
                ReceiveMethod(payload);
                break;
            case MessageNumber.NewKeys when _step == Step.AwaitingNewKeys:
                MessageCodec.Read<NewKeys>(payload);
                ReceiveNewKeys();
                break;
            default:
                throw OutOfOrder(payload[0]);
        }
    }

    /// <summary>Lets go of keys that an exchange has made and the connection's end kept from being used.</summary>
    public virtual void Dispose() => _nextDecryptor?.Dispose();

    /// <summary>A message came that may not come now.</summary>
    protected static DisconnectException OutOfOrder(byte number) =>
        DisconnectException.Protocol($"message {number} out of order in key exchange");

    /// <summary>The peer's first KEXINIT is here, where markers count; says whether it marks strict key exchange.</summary>
    protected abstract bool ReadMarkers(KexInit peer);

    /// <summary>Both KEXINITs are here.</summary>
    protected abstract void OnNegotiated();

    /// <summary>
    /// Takes a message of the method (30 to 49). Throws <see cref="DisconnectException"/> when it is none that the peer
    /// may send.
    /// </summary>
    protected abstract void ReceiveMethod(ReadOnlySpan<byte> payload);

    /// <summary>
    /// Sends NEWKEYS, with our new keys behind it, and keeps the peer's for its NEWKEYS. What goes before it has been
    /// appended.
    /// </summary>
    protected void ChangeKeys(byte[] hash, byte[] encodedSecret, ReadOnlyMemory<byte> hostKeyBlob)
    {
        SessionId ??= hash;
        HostKeyBlob ??= hostKeyBlob;
        var derivation = new KeyDerivation(Algorithms!.KeyExchange.Hash, encodedSecret, hash, SessionId);
        var packet = OutgoingPacket.Rent(1);
        packet.PayloadLength = MessageCodec.Write(default(NewKeys), packet.Payload.Span);
        packet.KeysAfter = new OutgoingPacket.KeyChange(
            derivation.CreateEncryptor(IsServer ? Algorithms.CipherToClient : Algorithms.CipherToServer, isToServer: !IsServer),
            IsStrict);
        _nextDecryptor = derivation.CreateDecryptor(
            IsServer ? Algorithms.CipherToServer : Algorithms.CipherToClient, isToServer: IsServer);
        send.Append(packet);
        _step = Step.AwaitingNewKeys;
    }

    private void ReceiveKexInit(ReadOnlySpan<byte> payload)
    {
        var peer = MessageCodec.Read<KexInit>(payload);
        Start();
        if (!HasKeys)
        {
            // The markers count in the first KEXINIT only.
            IsStrict = ReadMarkers(peer);
            if (IsStrict && reader.NextSequence != 1)
            {
                throw DisconnectException.Protocol("KEXINIT is not the first packet of a strict key exchange");
            }
        }

        var own = OwnOffer!;
        PeerKexInit = payload.ToArray();
        Algorithms = IsServer ? AlgorithmNegotiation.Negotiate(peer, own) : AlgorithmNegotiation.Negotiate(own, peer);
        _isGuessIgnored = AlgorithmNegotiation.IsGuessWrong(peer, own);
        _step = Step.AwaitingMethod;
        OnNegotiated();
    }

    private void ReceiveNewKeys()
    {
        reader.ChangeKeys(_nextDecryptor!, IsStrict);
        _nextDecryptor = null;
        Algorithms = null;
        OwnOffer = null;
        OwnKexInit = null;
        PeerKexInit = null;
        _isGuessIgnored = false;
        HasKeys = true;
        _step = Step.Idle;
    }
}
