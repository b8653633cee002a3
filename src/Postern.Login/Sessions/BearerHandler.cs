using System.Buffers;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Postern.Directory.Routing;
using Postern.Directory.SingleSignOn;
using Postern.Login.Tokens;

namespace Postern.Login.Sessions;

/// <summary>
/// Lets in who shows a good access token of a live session (RFC 6750). The session's row is read for each request, so a
/// sign-out, a revocation or a disabled account counts at once.
/// </summary>
internal sealed class BearerHandler(
    AccessTokens tokens,
    SessionStore sessions,
    IOptionsMonitor<AuthenticationSchemeOptions> schemes,
    ILoggerFactory loggers,
    UrlEncoder encoder) : AuthenticationHandler<AuthenticationSchemeOptions>(schemes, loggers, encoder)
{
    private const string Prefix = "Bearer ";

    /// <summary>A good session that lacks the sign-in at a provider; null for every other failure.</summary>
    private LiveSession? _demand;

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } value || !value.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            return AuthenticateResult.NoResult();
        }

        var claims = await tokens.ValidateAsync(value[Prefix.Length..].Trim(), Context.RequestAborted);
        if (claims is null)
        {
            return AuthenticateResult.Fail("The access token is not valid or has expired.");
        }

        await ReceiveBodyAsync(); // First, so that the session is one that holds when the request acts for it.
        if (await sessions.FindLiveAsync(claims.SessionId, Moment.Now, Context.RequestAborted) is not { } live || live.User.Id != claims.UserId)
        {
            return AuthenticateResult.Fail("The session of this access token has ended.");
        }

        if (live.LacksSso)
        {
            _demand = live;
            return AuthenticateResult.Fail("The person has to sign in at the provider of their organization.");
        }

        Context.Features.Set(claims);
        return AuthenticateResult.Success(new(BearerIdentity.Create(claims, live, Scheme.Name), Scheme.Name));
    }

    /// <summary>
    /// Waits for the body: one that is held back must not act minutes later for a session that has ended meanwhile. What is
    /// longer than any endpoint takes is not waited for, since each refuses it by its length.
    /// </summary>
    private async Task ReceiveBodyAsync()
    {
        if (HttpMethods.IsGet(Request.Method) || HttpMethods.IsHead(Request.Method)
            || Context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            return;
        }

        Request.EnableBuffering(LoginLimits.ApiBodyBytes * 2);
        var buffer = ArrayPool<byte>.Shared.Rent(LoginLimits.ApiBodyBytes);
        try
        {
            _ = await Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, Context.RequestAborted);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer, clearArray: true);
        }

        Request.Body.Position = 0;
    }

    /// <summary>RFC 6750 section 3: no error code when no token was sent, invalid_token when a bad one was.</summary>
    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var failure = (await HandleAuthenticateOnceSafeAsync()).Failure;
        if (_demand is { } live)
        {
            await Problem.WriteStepUpAsync(Context, live.Token is not null, SsoMethod.Of(live.RequiredProvider!));
            return;
        }

        Response.Headers.WWWAuthenticate = failure is null
            ? "Bearer"
            : $"Bearer error=\"invalid_token\", error_description=\"{failure.Message}\"";
        await Problem.WriteAsync(
            Context,
            StatusCodes.Status401Unauthorized,
            "Unauthorized",
            failure?.Message ?? "This needs an access token: send the header 'Authorization: Bearer <token>'.");
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Problem.WriteAsync(
        Context, StatusCodes.Status403Forbidden, "Forbidden", "This account may not do that.");
}
