using System.Text;
using System.Text.Json;
using Postern.Ssh.Keys;
using Postern.Ssh.Wire;

namespace Postern.Authority;

/// <summary>Decides what a user certificate says, or why there is none. Knows nothing but its arguments.</summary>
internal static class UserCertificatePolicy
{
    /// <summary>What OpenSSH permits by default; all of it is up to the gateway, which asks who may do what at every step.</summary>
    private static readonly string[] StandardExtensions =
    [
        "permit-X11-forwarding", "permit-agent-forwarding", "permit-port-forwarding", "permit-pty", "permit-user-rc",
    ];

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Returns the statement to sign, without its serial, or the refusal.</summary>
    public static (CertificateStatement? Statement, SigningOutcome.Refused? Refused) Decide(
        UserCertificateRequest request, AuthorityConfig config, DateTimeOffset now)
    {
        var (key, refused) = ReadKey(request.AuthorizedKey);
        if (key is null)
        {
            return (null, refused);
        }

        if (request.UserId == Guid.Empty || request.SessionId == Guid.Empty)
        {
            return Refuse(SigningRefusal.UnacceptablePrincipal, "A certificate needs a person and a session to belong to.");
        }

        var validAfter = (now - AuthorityLimits.ClockSkew).ToUnixTimeSeconds();
        var validBefore = Earlier(now + config.UserCertificateLifetime, request.SessionEnd).ToUnixTimeSeconds();
        if (validBefore <= now.ToUnixTimeSeconds())
        {
            return Refuse(SigningRefusal.SessionEnded, "The session has ended; log in again.");
        }

        if (!IsIdentifier(request.TokenId) || (request.AccessId is not null && !IsIdentifier(request.AccessId)))
        {
            return Refuse(SigningRefusal.UnacceptableClaims, $"A token id is 1 to {AuthorityLimits.Identifier} printable characters without blanks.");
        }

        if (!IsJsonObject(request.TokenClaims) || (request.Access is not null && !IsJsonObject(request.Access)))
        {
            return Refuse(SigningRefusal.UnacceptableClaims, $"Claims and access are JSON objects of at most {AuthorityLimits.Json} bytes.");
        }

        if (request.SourceAddress is not null && !SourceAddressList.IsWellFormed(request.SourceAddress))
        {
            return Refuse(SigningRefusal.UnacceptableSourceAddress, "The addresses to pin the certificate to are not a list of addresses and ranges.");
        }

        var userId = request.UserId.ToString("D");
        return (new CertificateStatement
        {
            Key = key,
            Type = CertificateType.User,
            Serial = 0,
            KeyId = userId,
            Principals = [userId],
            ValidAfter = (ulong)validAfter,
            ValidBefore = (ulong)validBefore,
            CriticalOptions = request.SourceAddress is null
                ? []
                : [new CertificateOption(CertificatePolicy.SourceAddressOption, request.SourceAddress)],
            Extensions = [.. Extensions(request, config.ExtensionDomain)],
        }, null);
    }

    private static IEnumerable<CertificateOption> Extensions(UserCertificateRequest request, string domain)
    {
        foreach (var name in StandardExtensions)
        {
            yield return new CertificateOption(name, "");
        }

        if (request.HasMfa)
        {
            yield return new CertificateOption("has-mfa@" + domain, "");
        }

        if (request.IsApp)
        {
            yield return new CertificateOption("is-app@" + domain, "");
        }

        yield return new CertificateOption("token-id@" + domain, request.TokenId);
        yield return new CertificateOption("token-claims@" + domain, request.TokenClaims);
        if (request.AccessId is not null)
        {
            yield return new CertificateOption("access-id@" + domain, request.AccessId);
        }

        if (request.Access is not null)
        {
            yield return new CertificateOption("access@" + domain, request.Access);
        }
    }

    private static (PublicKey? Key, SigningOutcome.Refused? Refused) ReadKey(string line)
    {
        var type = line.AsSpan().TrimStart();
        var end = type.IndexOfAny(' ', '\t');
        var name = (end < 0 ? type : type[..end]).ToString();
        if (name.Contains("-cert-v", StringComparison.Ordinal))
        {
            return (null, new(SigningRefusal.CertificateInsteadOfKey, "This is a certificate; send the public key itself, the .pub file without -cert."));
        }

        if (end > 0 && !PublicKeyAlgorithm.All.Any(a => a.BlobType == name))
        {
            return (null, new(SigningRefusal.UnsupportedKeyType, "Keys of this type are not signed; make one with: ssh-keygen -t ed25519"));
        }

        try
        {
            return (PublicKey.ParseAuthorizedKey(line).Key, null);
        }
        catch (WireFormatException exception)
        {
            // Decoders describe what they found and quote nothing of it.
            return (null, new(SigningRefusal.UnacceptableKey, $"This is not a public key that can be signed: {exception.Message}."));
        }
    }

    private static (CertificateStatement?, SigningOutcome.Refused?) Refuse(SigningRefusal refusal, string message) =>
        (null, new SigningOutcome.Refused(refusal, message));

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    private static bool IsIdentifier(string text) =>
        text.Length is > 0 and <= AuthorityLimits.Identifier && text.All(c => c is > ' ' and < '\x7f');

    private static bool IsJsonObject(string json)
    {
        try
        {
            var bytes = StrictUtf8.GetBytes(json);
            if (bytes.Length > AuthorityLimits.Json)
            {
                return false;
            }

            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { MaxDepth = AuthorityLimits.JsonDepth });
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (Exception exception) when (exception is JsonException or EncoderFallbackException)
        {
            return false;
        }
    }
}
