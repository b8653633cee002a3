using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Postern.Authority;
using Postern.Contracts.OAuth;
using Postern.Login.Accounts;
using Postern.Login.Sessions;
using Postern.Login.Tokens;

namespace Postern.Login.Certificates;

/// <summary><c>POST /ssh</c> turns a public key into a user certificate; <c>GET /ssh/authority</c> says who signed it.</summary>
internal sealed class CertificateEndpoint(CertificateAuthority authority, SessionStore sessions, TimeProvider clock)
{
    /// <summary>Certificates of one session in <see cref="Window"/>: a client needs one or two an hour, and each is kept on record.</summary>
    private const int CertificatesPerSession = 100;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(15);

    private readonly AttemptLimiter _limiter = new(Window, Window, clock);

    public async Task SignAsync(HttpContext context)
    {
        var claims = context.Features.Get<AccessTokenClaims>()!;
        if (await ReadKeyAsync(context) is not { } key)
        {
            await Problem.WriteAsync(
                context,
                StatusCodes.Status400BadRequest,
                "Bad request",
                $"Send a JSON object {{\"key\": \"<the contents of the .pub file>\"}} of at most {LoginLimits.PublicKeyLine} bytes.");
            return;
        }

        if (_limiter.Count(claims.SessionId.ToString(), CertificatesPerSession) is { } wait)
        {
            context.RetryAfter(wait);
            await Problem.WriteAsync(
                context, StatusCodes.Status429TooManyRequests, "Too many requests", "This session asked for too many certificates; wait a few minutes.");
            return;
        }

        // Read again at the last moment: the session's end is in the certificate.
        var moment = await sessions.ObserveAsync(context.RequestAborted);
        if (await sessions.FindLiveAsync(claims.SessionId, moment, context.RequestAborted) is not { } live)
        {
            await Problem.WriteAsync(context, StatusCodes.Status401Unauthorized, "Unauthorized", "The session has ended; log in again.");
            return;
        }

        var address = context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped
            ? mapped.MapToIPv4()
            : context.Connection.RemoteIpAddress;
        var isPinned = await sessions.IsAddressPinnedAsync(live.User.Id, moment, context.RequestAborted);
        if (isPinned && address is null)
        {
            await Problem.WriteAsync(
                context, StatusCodes.Status400BadRequest, "No certificate", "Your organization ties certificates to an address, and yours is not known.");
            return;
        }

        var outcome = await authority.SignUserCertificateAsync(Request(key, claims, live, address, isPinned), context.RequestAborted);
        if (outcome is SigningOutcome.Issued issued)
        {
            context.Response.Headers.CacheControl = "no-store";
            await context.Response.WriteAsJsonAsync(
                new CertificateResponse { Certificate = issued.Certificate.ToAuthorizedKey() },
                OAuthJsonContext.Default.CertificateResponse,
                "application/json",
                context.RequestAborted);
        }
        else
        {
            var refused = (SigningOutcome.Refused)outcome;
            var isOurs = refused.Refusal == SigningRefusal.RevocationUnknown; // A fault of the server's, which trying again later mends.
            await Problem.WriteAsync(
                context,
                isOurs ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status400BadRequest,
                "No certificate",
                refused.Message);
        }
    }

    public Task ListAuthoritiesAsync(HttpContext context) => context.Response.WriteAsJsonAsync(
        new AuthorityList { Authorities = [.. authority.TrustedUserAuthorities.Select(key => key.ToAuthorizedKey())] },
        OAuthJsonContext.Default.AuthorityList,
        "application/json",
        context.RequestAborted);

    private static UserCertificateRequest Request(string key, AccessTokenClaims claims, LiveSession live, IPAddress? address, bool isPinned) => new()
    {
        AuthorizedKey = key,
        UserId = live.User.Id,
        SessionId = live.Session.Id,
        SessionEnd = live.Session.IdleExpiry, // Never after the absolute end.
        TokenId = claims.TokenId,
        TokenClaims = AccessTokenPayload.SharedClaims(claims).ToJsonString(),
        HasMfa = claims.Amr.Contains("mfa", StringComparer.Ordinal),
        IsApp = live.Session.ApiTokenId is not null,
        SourceAddress = isPinned ? $"{address}/{(address!.AddressFamily == AddressFamily.InterNetwork ? 32 : 128)}" : null,
        RequestingAddress = address,
    };

    private static async Task<string?> ReadKeyAsync(HttpContext context)
    {
        if (!context.Request.HasJsonContentType()
            || await BoundedBody.ReadAsync(context.Request.Body, LoginLimits.PublicKeyLine, context.RequestAborted) is not { } body)
        {
            return null;
        }

        try
        {
            var request = JsonSerializer.Deserialize(body, OAuthJsonContext.Default.CertificateRequest);
            return string.IsNullOrWhiteSpace(request?.Key) ? null : request.Key.Trim();
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
