using System.Buffers.Binary;
using System.Text;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Client;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;
using Postern.Ssh.Transport.KeyExchange;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Authentication;

/// <summary>
/// The client's side of user authentication (RFC 4252): asks for the service, then proves one identity after another
/// until the server is content or there is none left, and answers its questions. Belongs to the receive loop.
/// </summary>
internal sealed class ClientAuthentication(
    ClientConfig config, KeyExchangeSide exchange, ConnectionLoop loop, string connectionId, ILogger logger)
{
    private const string AuthenticationService = "ssh-userauth";
    private const string ConnectionService = "ssh-connection";
    private const string NoneMethod = "none";
    private const string PublicKeyMethod = "publickey";
    private const string HostBoundMethod = "publickey-hostbound-v00@openssh.com";

    // Number, length fields, names and the flag of a request, without user name and blobs.
    private const int RequestOverhead = 512;

    private const int LongestShown = 256;

    private const string InteractiveMethod = "keyboard-interactive";

    private readonly SendQueue _send = loop.Send;
    private readonly ClientInteraction _interaction = new(config, loop, connectionId, logger);
    private readonly List<string> _banners = [];
    private ServerExtensions _extensions = ServerExtensions.None;
    private int _bannerText;
    private int _next;
    private int _attempts;
    private bool _isServiceGranted;
    private bool _mustSucceed;
    private bool _isInteractive;
    private string _algorithm = NoneMethod;

    /// <summary>What the server had to say (RFC 4252 section 5.4), without control characters but line ends and tabs.</summary>
    public IReadOnlyList<string> Banners => _banners;

    /// <summary>Asks for the service.</summary>
    public void Start() => _send.Append(new ServiceRequest(AuthenticationService));

    /// <summary>
    /// Takes EXT_INFO, which a server may send after its first NEWKEYS and, once more, right before
    /// USERAUTH_SUCCESS (RFC 8308 section 2.4).
    /// </summary>
    public void ReceiveExtInfo(ExtInfo extensions, bool isAfterFirstKeys)
    {
        if (!isAfterFirstKeys)
        {
            if (_mustSucceed || _attempts == 0)
            {
                throw DisconnectException.Protocol("EXT_INFO anywhere but after the first NEWKEYS or before success");
            }

            _mustSucceed = true;
        }

        _extensions = ServerExtensions.Read(extensions);
    }

    /// <summary>
    /// Takes a message of authentication; true when somebody is signed in. Throws <see cref="DisconnectException"/> when
    /// it may not come, or nothing is left to try.
    /// </summary>
    public bool Receive(ReadOnlySpan<byte> payload)
    {
        var number = payload[0];
        if (_mustSucceed && number != MessageNumber.UserAuthSuccess)
        {
            throw DisconnectException.Protocol("EXT_INFO anywhere but after the first NEWKEYS or before success");
        }

        switch (number)
        {
            case MessageNumber.ServiceAccept when !_isServiceGranted:
                if (MessageCodec.Read<ServiceAccept>(payload).Service != AuthenticationService)
                {
                    throw DisconnectException.Protocol("the server granted another service");
                }

                _isServiceGranted = true;
                Try();
                return false;
            case MessageNumber.UserAuthSuccess when _attempts > 0:
                MessageCodec.Read<UserAuthSuccess>(payload);
                logger.SignedIn(connectionId, _algorithm);
                return true;
            case MessageNumber.UserAuthFailure when _attempts > 0:
                Continue(MessageCodec.Read<UserAuthFailure>(payload));
                return false;
            case MessageNumber.UserAuthInfoRequest when _isInteractive:
                loop.Suspend(_interaction.AnswerAsync(MessageCodec.Read<UserAuthInfoRequest>(payload)));
                return false;
            case MessageNumber.UserAuthBanner when _isServiceGranted:
                Keep(MessageCodec.Read<UserAuthBanner>(payload));
                return false;
            default:
                throw DisconnectException.Protocol($"message {number} in authentication");
        }
    }

    private void Continue(UserAuthFailure failure)
    {
        logger.AttemptRefused(connectionId, _algorithm, failure.IsPartialSuccess);
        _isInteractive = false;
        var isKeyLeft = _next < config.Identities.Count && failure.Methods.Contains(PublicKeyMethod);
        if (!isKeyLeft && config.Prompts is not null && failure.Methods.Contains(InteractiveMethod))
        {
            CountAttempt();
            Interact();
            return;
        }

        if (!failure.Methods.Contains(PublicKeyMethod))
        {
            throw Refused(failure.IsPartialSuccess
                ? $"the server wants a further proof that is not there ({Shown(failure)})"
                : $"the server takes no keys of '{PeerText.ToLine(config.UserName, LongestShown)}' ({Shown(failure)})");
        }

        if (_next >= config.Identities.Count)
        {
            throw Refused($"the server accepted none of {config.Identities.Count} keys ({Shown(failure)})");
        }

        Try();
    }

    private void CountAttempt()
    {
        if (++_attempts > config.Limits.Attempts)
        {
            throw Refused($"more than {config.Limits.Attempts} authentication attempts");
        }
    }

    /// <summary>Asks to be asked (RFC 4256 section 3.1).</summary>
    private void Interact()
    {
        _isInteractive = true;
        _algorithm = InteractiveMethod;
        var request = MessageCodec.WritePart(new KeyboardInteractiveRequest("", ""), RequestOverhead);
        _send.Append(new UserAuthRequest(config.UserName, ConnectionService, InteractiveMethod, request), Longest(0));
    }

    private void Try()
    {
        CountAttempt();
        if (config.Identities.Count == 0)
        {
            _send.Append(new UserAuthRequest(config.UserName, ConnectionService, NoneMethod, []), Longest(0));
            return;
        }

        Prove(config.Identities[_next++]);
    }

    /// <summary>Sends the proof of an identity (RFC 4252 section 7, OpenSSH PROTOCOL 3.1).</summary>
    private void Prove(ClientIdentity identity)
    {
        var key = identity.Signer.PublicKey;
        var signature = _extensions.Choose(key.SignatureAlgorithms);
        _algorithm = identity.Certificate is null ? signature : SignatureAlgorithmNames.ForCertificate(signature);
        var blob = (identity.Certificate?.Blob ?? key.Blob).ToArray();
        var hostKey = _extensions.IsHostBound ? exchange.HostKeyBlob!.Value.ToArray() : null;
        var method = hostKey is null ? PublicKeyMethod : HostBoundMethod;
        var length = Longest(blob.Length + (hostKey?.Length ?? 0));

        // The signature covers the session and the request up to its last field; an empty one has just a length there.
        var unsigned = Encode(method, new PublicKeyRequest(_algorithm, blob, hostKey, []), length);
        var session = exchange.SessionId!;
        var request = unsigned.AsSpan(0, unsigned.Length - sizeof(uint));
        var signed = new byte[sizeof(uint) + session.Length + request.Length];
        BinaryPrimitives.WriteInt32BigEndian(signed, session.Length);
        session.CopyTo(signed, sizeof(uint));
        request.CopyTo(signed.AsSpan(sizeof(uint) + session.Length));
        var proof = identity.Signer.Sign(signature, signed);

        var packet = OutgoingPacket.Rent(length + proof.Length);
        var writer = new WireWriter(packet.Payload.Span);
        writer.WriteBytes(request);
        writer.WriteString(proof);
        packet.PayloadLength = writer.Position;
        _send.Append(packet);
    }

    private byte[] Encode(string method, PublicKeyRequest proof, int length)
    {
        var rest = new WireWriter(new byte[length]);
        proof.Write(ref rest);
        var message = new byte[length];
        return message[..MessageCodec.Write(
            new UserAuthRequest(config.UserName, ConnectionService, method, rest.Written.ToArray()), message)];
    }

    private int Longest(int blobs) => RequestOverhead + Encoding.UTF8.GetByteCount(config.UserName) + blobs;

    private void Keep(UserAuthBanner banner)
    {
        var room = config.Limits.BannerText - _bannerText;
        if (room <= 0 || _banners.Count >= config.Limits.Banners)
        {
            return;
        }

        var text = PeerText.ToLines(banner.Text, room);
        _bannerText += text.Length;
        _banners.Add(text);
    }

    private static string Shown(UserAuthFailure failure) =>
        "it goes on with: " + PeerText.ToLine(string.Join(", ", failure.Methods), LongestShown);

    private static DisconnectException Refused(string message) =>
        new(DisconnectCode.NoMoreAuthenticationMethods, ConnectionEnd.AuthenticationFailed, message);
}
