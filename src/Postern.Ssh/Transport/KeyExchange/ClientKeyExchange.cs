using System.Security.Cryptography;
using Postern.Ssh.Client;
using Postern.Ssh.Keys;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Transport.KeyExchange;

/// <summary>
/// The client's side of key exchanges: has the server prove its host key, and the role decide on that key before
/// anything is sent under new keys. A server keeps its key as long as the connection lives.
/// </summary>
/// <param name="config">What is offered.</param>
/// <param name="send">Where messages go.</param>
/// <param name="reader">What gets the new keys.</param>
/// <param name="clientVersion">Our identification string.</param>
/// <param name="verify">Has the key decided on; <see cref="AcceptHostKey"/> goes on.</param>
internal sealed class ClientKeyExchange(
    ClientConfig config, SendQueue send, PacketReader reader, string clientVersion, Action<HostKeyProof> verify)
    : KeyExchangeSide(config.Algorithms, config.Randomness, send, reader)
{
    // Number and length field, with room to spare.
    private const int InitOverhead = 64;

    private ClientKeyShare? _share;
    private Proved? _proved;

    /// <inheritdoc/>
    protected override bool IsServer => false;

    /// <inheritdoc/>
    protected override IEnumerable<string> OfferedHostKeys => config.HostKeyAlgorithms
        ?? config.Algorithms.HostKeys.Select(SignatureAlgorithmNames.ForCertificate).Concat(config.Algorithms.HostKeys);

    /// <inheritdoc/>
    protected override IEnumerable<string> OfferedMarkers =>
        HasKeys ? [] : [AlgorithmNegotiation.ClientExtensions, AlgorithmNegotiation.ClientStrict];

    /// <summary>The key is the right one: sends NEWKEYS.</summary>
    public void AcceptHostKey()
    {
        var proved = _proved!;
        _proved = null;
        ChangeKeys(proved.Hash, proved.EncodedSecret, proved.HostKey);
        CryptographicOperations.ZeroMemory(proved.EncodedSecret);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _share?.Dispose();
        CryptographicOperations.ZeroMemory(_proved?.EncodedSecret);
    }

    /// <inheritdoc/>
    protected override bool ReadMarkers(KexInit peer) => peer.KeyExchanges.Contains(AlgorithmNegotiation.ServerStrict);

    /// <inheritdoc/>
    protected override void OnNegotiated()
    {
        _share = Algorithms!.KeyExchange.Begin(config.Randomness);
        Send.Append(new KexEcdhInit(_share.Public.ToArray()), InitOverhead + _share.Public.Length);
    }

    /// <inheritdoc/>
    protected override void ReceiveMethod(ReadOnlySpan<byte> payload)
    {
        if (payload[0] != MessageNumber.KexEcdhReply || _share is null)
        {
            throw OutOfOrder(payload[0]);
        }

        using var share = _share;
        _share = null;
        var reply = MessageCodec.Read<KexEcdhReply>(payload);
        if (HostKeyBlob is { } first && !first.Span.SequenceEqual(reply.HostKey))
        {
            throw Untrusted("the server has another host key than at first");
        }

        var encodedSecret = share.Complete(reply.ServerPublic);
        var hash = new ExchangeHash
        {
            ClientVersion = clientVersion,
            ServerVersion = PeerVersion,
            ClientKexInit = OwnKexInit!,
            ServerKexInit = PeerKexInit!,
            HostKey = reply.HostKey,
            ClientPublic = share.Public.ToArray(),
            ServerPublic = reply.ServerPublic,
            EncodedSecret = encodedSecret,
        }.Compute(Algorithms!.KeyExchange.Hash);
        _proved = new Proved(hash, encodedSecret, reply.HostKey);
        var proof = ReadProof(reply, hash);
        if (HostKeyBlob is null)
        {
            verify(proof);
        }
        else
        {
            AcceptHostKey();
        }
    }

    /// <summary>The key that the reply proves. Whatever is wrong with it counts as the wrong key.</summary>
    private HostKeyProof ReadProof(KexEcdhReply reply, byte[] hash)
    {
        var signature = SignatureAlgorithmNames.ToSignature(Algorithms!.HostKey, out var isCertificate);
        HostKeyProof proof;
        try
        {
            var certificate = isCertificate ? Certificate.Read(reply.HostKey) : null;
            proof = new HostKeyProof(certificate?.Key ?? PublicKey.Read(reply.HostKey), certificate);
        }
        catch (WireFormatException exception)
        {
            throw Untrusted($"the host key cannot be read: {exception.Message}");
        }

        return proof.Key.Verify(signature, hash, reply.Signature)
            ? proof
            : throw Untrusted($"the host key's signature does not verify ({Algorithms.HostKey})");
    }

    private static DisconnectException Untrusted(string message) =>
        new(DisconnectCode.HostKeyNotVerifiable, ConnectionEnd.HostKeyRefused, message);

    /// <summary>What the server has proved, until the key is decided on.</summary>
    private sealed record Proved(byte[] Hash, byte[] EncodedSecret, byte[] HostKey);
}
