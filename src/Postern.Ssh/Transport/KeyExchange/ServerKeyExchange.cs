using System.Text;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>
/// The server's side of key exchanges: proves itself with a host key, and tells the client of extensions (RFC 8308).
/// </summary>
internal sealed class ServerKeyExchange(
    ServerConfig config, HostKeyOffers hostKeys, SendQueue send, PacketReader reader, string serverVersion)
    : KeyExchangeSide(config.Algorithms, config.Randomness, send, reader)
{
    // Number and length fields of the reply, with room to spare.
    private const int ReplyOverhead = 64;

    private readonly SendQueue _send = send;
    private bool _wantsExtensions;

    /// <summary>The keys that are offered, best first.</summary>
    public IReadOnlyList<HostKey> HostKeys => hostKeys.Keys;

    /// <summary>The signature algorithm by which we last proved ourselves; empty before.</summary>
    public string HostKeySignature { get; private set; } = "";

    /// <inheritdoc/>
    protected override bool IsServer => true;

    /// <inheritdoc/>
    protected override IEnumerable<string> OfferedHostKeys => hostKeys.Names;

    /// <inheritdoc/>
    protected override IEnumerable<string> OfferedMarkers => [AlgorithmNegotiation.ServerExtensions, AlgorithmNegotiation.ServerStrict];

    /// <inheritdoc/>
    protected override bool ReadMarkers(KexInit peer)
    {
        _wantsExtensions = peer.KeyExchanges.Contains(AlgorithmNegotiation.ClientExtensions);
        return peer.KeyExchanges.Contains(AlgorithmNegotiation.ClientStrict);
    }

    /// <inheritdoc/>
    protected override void OnNegotiated()
    {
        // The client speaks next.
    }

    /// <inheritdoc/>
    protected override void ReceiveMethod(ReadOnlySpan<byte> payload)
    {
        if (payload[0] != MessageNumber.KexEcdhInit)
        {
            throw OutOfOrder(payload[0]);
        }

        Respond(MessageCodec.Read<KexEcdhInit>(payload));
    }

    private void Respond(KexEcdhInit message)
    {
        var algorithms = Algorithms!;
        var hostKey = hostKeys.All.First(offer => offer.Algorithm == algorithms.HostKey);
        using var agreement = algorithms.KeyExchange.Respond(message.ClientPublic, config.Randomness);
        var hash = new ExchangeHash
        {
            ClientVersion = PeerVersion,
            ServerVersion = serverVersion,
            ClientKexInit = PeerKexInit!,
            ServerKexInit = OwnKexInit!,
            HostKey = hostKey.Blob,
            ClientPublic = message.ClientPublic,
            ServerPublic = agreement.ServerPublic,
            EncodedSecret = agreement.EncodedSecret,
        }.Compute(algorithms.KeyExchange.Hash);

        var signature = hostKey.Key.Signer.Sign(hostKey.Signature, hash);
        var reply = new KexEcdhReply(hostKey.Blob.ToArray(), agreement.ServerPublic, signature);
        _send.Append(reply, ReplyOverhead + reply.HostKey.Length + reply.ServerPublic.Length + reply.Signature.Length);
        HostKeySignature = hostKey.Signature;
        ChangeKeys(hash, agreement.EncodedSecret, hostKey.Blob);
        if (!HasKeys && _wantsExtensions)
        {
            SendExtensions();
        }
    }

    private void SendExtensions()
    {
        var signatures = config.Algorithms.UserSignatures;
        var names = string.Join(',', signatures);
        _send.Append(
            new ExtInfo(
            [
                new ExtInfo.Extension("server-sig-algs", Encoding.ASCII.GetBytes(names)),
                new ExtInfo.Extension("publickey-hostbound@openssh.com", "0"u8.ToArray()),
                new ExtInfo.Extension("ping@openssh.com", "0"u8.ToArray()),
            ]),
            LongestMessage);
    }
}
