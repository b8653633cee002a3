using System.Buffers.Binary;
using Microsoft.Extensions.Logging;
using Postern.Ssh.Keys;
using Postern.Ssh.Messages;
using Postern.Ssh.Server;
using Postern.Ssh.Transport;
using Postern.Ssh.Transport.KeyExchange;
using Postern.Ssh.Wire;

namespace Postern.Ssh.Authentication;

/// <summary>
/// The server's side of user authentication (RFC 4252). It keeps nothing between requests that a decision looks at but counts
/// and what <see cref="ServerInteraction"/> has: each request is judged by its own user name, key and signature, so a query or
/// a failure can leave nothing behind. All members belong to the receive loop.
/// </summary>
internal sealed class ServerAuthentication(
    ServerConfig config,
    IServerAuthenticator authenticator,
    VerifiedCertificates certificates,
    ServerKeyExchange exchange,
    LoginGrace grace,
    SendQueue send,
    ReachedLimits reached,
    ILogger logger) : IDisposable
{
    private const string AuthenticationService = "ssh-userauth";
    private const string ConnectionService = "ssh-connection";
    private const string NoneMethod = "none";
    private const string PublicKeyMethod = "publickey";
    private const string HostBoundMethod = "publickey-hostbound-v00@openssh.com";
    private const string InteractiveMethod = "keyboard-interactive";

    // The blob of an RSA key of 4096 bits, with room to spare. Longer ones may hold keys, or the key of an authority, that
    // take milliseconds to verify with, whoever made them. So may shorter ones over P-384 and P-521.
    private const int LongestCheapKey = 640;

    private readonly ServerInteraction _interaction = new(config.Authentication, authenticator, grace, send, reached, logger);
    private bool _isServiceGranted;
    private int _requests;

    /// <summary>Tries that failed.</summary>
    public int Failures { get; private set; }

    /// <summary>Whether a known person was refused and told why.</summary>
    public bool WasToldWhy { get; private set; }

    /// <summary>Whether more requests came than one connection may make.</summary>
    public bool HasAskedTooOften { get; private set; }

    /// <summary>The user name of the last request, for the connection's summary only: no decision looks at it.</summary>
    public string? UserName { get; private set; }

    // Who was told why is not asked for anything else: a program that waits for the answer must get it now.
    private string[] Methods =>
        _interaction.IsPartial ? [InteractiveMethod]
        : authenticator.OffersInteraction && !WasToldWhy ? [PublicKeyMethod, InteractiveMethod]
        : [PublicKeyMethod];

    /// <inheritdoc/>
    public void Dispose() => _interaction.Dispose();

    /// <summary>
    /// Takes one message of authentication; the bytes are not needed after the call. The result is the connection's
    /// handler once somebody is authenticated. Throws <see cref="DisconnectException"/> when there is nothing more to try.
    /// </summary>
    public ValueTask<IServerConnectionHandler?> ReceiveAsync(
        ConnectionInfo connection,
        ReadOnlySpan<byte> payload,
        CancellationToken cancellationToken)
    {
        switch (payload[0])
        {
            case MessageNumber.ServiceRequest:
                // Some clients ask before each try. It is answered at once, and so costs as much as a try does.
                CountRequest();
                GrantService(MessageCodec.Read<ServiceRequest>(payload));
                return default;
            case MessageNumber.UserAuthRequest when _isServiceGranted:
                return RequestAsync(connection, payload, cancellationToken);
            case MessageNumber.UserAuthInfoResponse when _interaction.IsAsking:
                return InteractAsync(connection, MessageCodec.Read<UserAuthInfoResponse>(payload), cancellationToken);
            default:
                throw DisconnectException.Protocol($"message {payload[0]} before authentication");
        }
    }

    private void GrantService(ServiceRequest request)
    {
        if (request.Service != AuthenticationService)
        {
            throw new DisconnectException(
                DisconnectCode.ServiceNotAvailable,
                ConnectionEnd.ProtocolError,
                "only the service ssh-userauth can be asked for");
        }

        _isServiceGranted = true;
        send.Append(new ServiceAccept(request.Service));
    }

    private ValueTask<IServerConnectionHandler?> RequestAsync(
        ConnectionInfo connection,
        ReadOnlySpan<byte> payload,
        CancellationToken cancellationToken)
    {
        CountRequest();
        var request = MessageCodec.Read<UserAuthRequest>(payload);
        UserName = request.UserName;
        if (request.Service != ConnectionService)
        {
            throw new DisconnectException(
                DisconnectCode.ServiceNotAvailable,
                ConnectionEnd.ProtocolError,
                "only the service ssh-connection can be authenticated for");
        }

        if (_interaction.BeginRequest(request.UserName))
        {
            CountFailure();
        }

        switch (request.Method)
        {
            case NoneMethod:
                // How a client asks for the methods (RFC 4252 section 5.2); costs no try.
                SendFailure();
                return default;
            case InteractiveMethod when Methods.Contains(InteractiveMethod):
                MessageCodec.ReadPart<KeyboardInteractiveRequest>(request.Rest);
                return InteractAsync(connection, null, cancellationToken);
            case PublicKeyMethod:
            case HostBoundMethod:
                _interaction.ForgetPartialSuccess();
                var reader = new WireReader(request.Rest);
                var proof = PublicKeyRequest.Read(ref reader, request.Method == HostBoundMethod);
                return PublicKeyAsync(connection, request, proof, payload.ToArray(), cancellationToken);
            default:
                // The fields of a method that we do not have are not looked at.
                Fail();
                return default;
        }
    }

    private async ValueTask<IServerConnectionHandler?> PublicKeyAsync(
        ConnectionInfo connection,
        UserAuthRequest request,
        PublicKeyRequest proof,
        byte[] payload,
        CancellationToken cancellationToken)
    {
        // Strangers choose what is to be verified, and the event loop has others to serve.
        var (attempt, isVerified) = IsCostly(proof)
            ? await config.Loops.Costly.RunAsync(() => Examine(connection, request, proof, payload), isSignedIn: false, reached.NoteComputing)
            : Examine(connection, request, proof, payload);
        if (attempt is null)
        {
            Fail();
            return null;
        }

        if (proof.Signature is null)
        {
            if (await authenticator.IsKeyWorthTryingAsync(attempt, cancellationToken))
            {
                send.Append(new UserAuthPublicKeyOk(proof.Algorithm, proof.KeyBlob), OutgoingPacket.SmallPayload + proof.KeyBlob.Length);
            }
            else
            {
                Fail();
            }

            return null;
        }

        if (!isVerified)
        {
            logger.SignatureRefused(connection.Id, proof.Algorithm);
            Fail();
            return null;
        }

        var outcome = await authenticator.AuthenticateAsync(attempt, cancellationToken);
        WasToldWhy |= outcome is AuthenticationOutcome.Refused { Banner.Length: > 0 };
        if (outcome is AuthenticationOutcome.Accepted && attempt.Certificate is not null)
        {
            certificates.Keep(attempt.Certificate);
        }

        return Take(connection, proof.Algorithm, outcome);
    }

    /// <summary>
    /// Whether it takes long to read the key and to verify with it. Of a certificate that is known only its holder's signature is left
    /// to verify, by the algorithm that the request names.
    /// </summary>
    private bool IsCostly(PublicKeyRequest proof) =>
        proof.Algorithm.Contains("nistp384", StringComparison.Ordinal)
        || proof.Algorithm.Contains("nistp521", StringComparison.Ordinal)
        || ((proof.KeyBlob.Length > LongestCheapKey || NamesCostlyCurve(proof.KeyBlob)) && !certificates.Has(proof.KeyBlob));

    // A blob names the curve of its key, and that of its authority's key.
    private static bool NamesCostlyCurve(ReadOnlySpan<byte> blob) =>
        blob.IndexOf("nistp384"u8) >= 0 || blob.IndexOf("nistp521"u8) >= 0;

    /// <summary>Begins to ask, or takes answers; without the latter it is a request.</summary>
    private async ValueTask<IServerConnectionHandler?> InteractAsync(
        ConnectionInfo connection, UserAuthInfoResponse? answer, CancellationToken cancellationToken)
    {
        var outcome = answer is null
            ? await _interaction.RequestAsync(connection, cancellationToken)
            : await _interaction.AnswerAsync(connection, answer.Value, cancellationToken);
        return outcome is null ? null : Take(connection, InteractiveMethod, outcome);
    }

    private IServerConnectionHandler? Take(ConnectionInfo connection, string method, AuthenticationOutcome outcome)
    {
        switch (outcome)
        {
            case AuthenticationOutcome.Accepted accepted:
                logger.Authenticated(connection.Id, method);
                send.Append(default(UserAuthSuccess));
                return accepted.Handler;
            case AuthenticationOutcome.PartlyAccepted partly:
                logger.PartlyAuthenticated(connection.Id, method);
                _interaction.Keep(partly.Rest);
                SendBanner(partly.Banner);
                SendFailure(isPartialSuccess: true);
                return null;
            case AuthenticationOutcome.Refused refused:
                Refuse(refused);
                return null;
            default:
                throw new InvalidOperationException($"an authenticator gave {outcome}");
        }
    }

    /// <summary>
    /// The key that the request names, or null when it is not one that may authenticate; and whether the request has its signature,
    /// and that is right. On any thread, while nothing else is done for the connection.
    /// </summary>
    private (PublicKeyAttempt? Attempt, bool IsVerified) Examine(
        ConnectionInfo connection, UserAuthRequest request, PublicKeyRequest proof, byte[] payload)
    {
        var attempt = ReadAttempt(connection, request, proof, out var signatureAlgorithm);
        if (attempt is null || proof.Signature is null)
        {
            return (attempt, false);
        }

        var signed = SignedBytes(payload, proof.Signature);
        return (attempt, attempt.Certificate is { } certificate
            ? certificate.VerifyHolder(signatureAlgorithm, signed, proof.Signature)
            : attempt.Key.Verify(signatureAlgorithm, signed, proof.Signature));
    }

    /// <summary>The key that the request names, or null when it is not one that may authenticate.</summary>
    private PublicKeyAttempt? ReadAttempt(
        ConnectionInfo connection,
        UserAuthRequest request,
        PublicKeyRequest proof,
        out string signatureAlgorithm)
    {
        signatureAlgorithm = SignatureAlgorithmNames.ToSignature(proof.Algorithm, out var isCertificate);
        if (!config.Algorithms.UserSignatures.Contains(signatureAlgorithm))
        {
            return null;
        }

        if (proof.HostKey is not null && !proof.HostKey.AsSpan().SequenceEqual(exchange.HostKeyBlob!.Value.Span))
        {
            return null;
        }

        try
        {
            var certificate = isCertificate ? certificates.Read(proof.KeyBlob) : null;
            var key = certificate?.Key ?? PublicKey.Read(proof.KeyBlob);
            return key.SignatureAlgorithms.Contains(signatureAlgorithm)
                ? new PublicKeyAttempt(connection, request.UserName, key, certificate)
                : null;
        }
        catch (WireFormatException exception)
        {
            // A key that we cannot read is one that we do not accept; the client may have another.
            logger.KeyRefused(exception, connection.Id);
            return null;
        }
    }

    /// <summary>
    /// What the signature covers (RFC 4252 section 7): the session identifier as a string, then the request as it was
    /// received, up to its last field.
    /// </summary>
    private byte[] SignedBytes(byte[] payload, byte[] signature)
    {
        var sessionId = exchange.SessionId!;
        var request = payload.AsSpan(0, payload.Length - sizeof(uint) - signature.Length);
        var signed = new byte[sizeof(uint) + sessionId.Length + request.Length];
        BinaryPrimitives.WriteInt32BigEndian(signed, sessionId.Length);
        sessionId.CopyTo(signed, sizeof(uint));
        request.CopyTo(signed.AsSpan(sizeof(uint) + sessionId.Length));
        return signed;
    }

    private void Refuse(AuthenticationOutcome.Refused refused)
    {
        SendBanner(refused.Banner);
        if (refused.IsFinal)
        {
            Failures++;
            SendFailure();
            throw TooMany("nothing else may be tried");
        }

        Fail();
    }

    private void SendBanner(string? banner)
    {
        if (banner is { Length: > 0 })
        {
            var text = banner.ReplaceLineEndings("\r\n");
            send.Append(new UserAuthBanner(text, ""), OutgoingPacket.SmallPayload + (3 * text.Length));
        }
    }

    private void CountRequest()
    {
        if (++_requests > config.Authentication.MaximumRequests)
        {
            HasAskedTooOften = true;
            throw TooMany($"more than {config.Authentication.MaximumRequests} authentication requests");
        }
    }

    private void Fail()
    {
        CountFailure();
        SendFailure();
    }

    private void CountFailure()
    {
        if (++Failures >= config.Authentication.MaximumFailures)
        {
            throw TooMany("too many authentication failures");
        }
    }

    private void SendFailure(bool isPartialSuccess = false) => send.Append(new UserAuthFailure(Methods, isPartialSuccess));

    private static DisconnectException TooMany(string message) =>
        new(DisconnectCode.NoMoreAuthenticationMethods, ConnectionEnd.AuthenticationFailed, message);
}
