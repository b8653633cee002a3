using System.Text;
using Postern.Ssh.Keys;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>
/// The server's side of key exchanges: proves itself with a host key, and tells the client of extensions (RFC 8308).
/// </summary>
/// <param name="config">What is offered.</param>
/// <param name="hostKeys">How we can prove ourselves.</param>
/// <param name="send">Where messages go.</param>
/// <param name="reader">What gets the new keys.</param>
/// <param name="serverVersion">Our identification string.</param>
/// <param name="suspend">Has nothing more read until a task is over; <see cref="TryResume"/> goes on then.</param>
/// <param name="reached">Hears of limits that are reached.</param>
internal sealed class ServerKeyExchange(
    ServerConfig config,
    HostKeyOffers hostKeys,
    SendQueue send,
    PacketReader reader,
    string serverVersion,
    Action<Task> suspend,
    ReachedLimits reached)
    : KeyExchangeSide(config.Algorithms, config.Randomness, send, reader)
{
    // Number and length fields of the reply, with room to spare.
    private const int ReplyOverhead = 64;

    private bool _wantsExtensions;
    private Task<Response>? _responding;

    /// <summary>The keys that are offered, best first.</summary>
    public IReadOnlyList<HostKey> HostKeys => hostKeys.Keys;

    /// <summary>Whether somebody has signed in, who does not wait for what strangers want to have computed.</summary>
    public bool IsSignedIn { get; set; }

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

    /// <summary>Goes on after a suspension, if it was one of this exchange.</summary>
    public bool TryResume()
    {
        if (_responding is not { } responding)
        {
            return false;
        }

        _responding = null;
        Finish(responding.Result);
        return true;
    }

    private void Respond(KexEcdhInit message)
    {
        var algorithms = Algorithms!;
        var hostKey = hostKeys.All.First(offer => offer.Algorithm == algorithms.HostKey);
        if (!algorithms.KeyExchange.IsCostly && hostKey.Key.Signer.PublicKey is not RsaPublicKey)
        {
            Finish(Compute(message, algorithms, hostKey));
            return;
        }

        // Milliseconds, at the wish of whoever connects, that the others of the event loop do not wait for.
        _responding = config.Loops.Costly.RunAsync(() => Compute(message, algorithms, hostKey), IsSignedIn, reached.NoteComputing);
        suspend(_responding);
    }

    // On any thread, while nothing else is done with the exchange.
    private Response Compute(KexEcdhInit message, NegotiatedAlgorithms algorithms, HostKeyOffer hostKey)
    {
        var agreement = algorithms.KeyExchange.Respond(message.ClientPublic, config.Randomness);
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

        return new Response(hostKey, agreement, hash, hostKey.Key.Signer.Sign(hostKey.Signature, hash));
    }

    private void Finish(Response response)
    {
        var (hostKey, agreement, hash, signature) = response;
        using var secret = agreement;
        var reply = new KexEcdhReply(hostKey.Blob.ToArray(), agreement.ServerPublic, signature);
        Send.Append(reply, ReplyOverhead + reply.HostKey.Length + reply.ServerPublic.Length + reply.Signature.Length);
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
        Send.Append(
            new ExtInfo(
            [
                new ExtInfo.Extension("server-sig-algs", Encoding.ASCII.GetBytes(names)),
                new ExtInfo.Extension("publickey-hostbound@openssh.com", "0"u8.ToArray()),
                new ExtInfo.Extension("ping@openssh.com", "0"u8.ToArray()),
            ]),
            LongestMessage);
    }

    private sealed record Response(HostKeyOffer HostKey, KeyAgreement Agreement, byte[] Hash, byte[] Signature);
}
