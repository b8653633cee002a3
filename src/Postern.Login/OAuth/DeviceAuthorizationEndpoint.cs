using Postern.Contracts.OAuth;
using Postern.Directory.Devices;
using Postern.Login.Accounts;
using Postern.Login.Sessions;
using Postern.Login.SingleSignOn;

namespace Postern.Login.OAuth;

/// <summary>
/// <c>POST /oauth2/device_authorization</c> (RFC 8628 section 3.1): begins a sign-in that a person allows in the browser of
/// another device. Like the authorization endpoint it takes <c>amr</c> and <c>max_age</c>.
/// </summary>
internal sealed class DeviceAuthorizationEndpoint(
    ClientIdentification clients, DeviceApprovals approvals, SsoLookup sso, LoginOptions options, TimeProvider clock, ILogger<DeviceAuthorizationEndpoint> log)
{
    private readonly AttemptLimiter _networks = new(options.AttemptWindow, options.AttemptWindow, clock);
    private readonly AttemptLimiter _addresses = new(options.AttemptWindow, options.AttemptWindow, clock);

    public async Task HandleAsync(HttpContext context)
    {
        var (parameters, malformed) = await OAuthRequestBody.ReadAsync(context);
        if (malformed is not null)
        {
            await OAuthAnswer.WriteErrorAsync(context, malformed);
            return;
        }

        var (client, unidentified) = clients.Identify(context, parameters!);
        if (unidentified is not null)
        {
            await OAuthAnswer.WriteErrorAsync(context, unidentified);
            return;
        }

        var fault = AuthorizationRequestReader.CheckMethods(parameters!)
            ?? AuthorizationRequestReader.ReadMaxAge(parameters!, out _);
        if (fault is null && !await sso.KnowsAllAsync(AuthorizationRequestReader.ReadMethods(parameters!), context.RequestAborted))
        {
            fault = AuthorizationRequestReader.Unmet;
        }

        if (fault is not null)
        {
            await OAuthAnswer.WriteErrorAsync(context, fault);
            return;
        }

        var origin = RequestOrigin.Of(context);
        if (Count(context) is { } wait)
        {
            log.TooManyDeviceRequests(origin.Address);
            await OAuthAnswer.WriteTooManyAsync(context, wait);
            return;
        }

        if (await approvals.AskAsync(Ask(parameters!, client!, origin), context.RequestAborted) is not { } codes)
        {
            log.TooManyDeviceRequests(origin.Address);
            await OAuthAnswer.WriteTooManyAsync(context, options.DeviceCodeLifetime);
            return;
        }

        var page = options.Issuer + LoginPaths.Device;
        await OAuthAnswer.WriteAsync(context, StatusCodes.Status200OK, new DeviceAuthorizationResponse
        {
            DeviceCode = codes.DeviceCode,
            UserCode = codes.UserCode,
            VerificationUri = page,
            VerificationUriComplete = $"{page}?{Pages.FormFields.UserCode}={codes.UserCode}",
            ExpiresIn = (long)(codes.ExpiresAt - clock.GetUtcNow()).TotalSeconds,
            Interval = codes.IntervalSeconds,
        }, OAuthJsonContext.Default.DeviceAuthorizationResponse);
    }

    // The wider network first: it must not be able to fill the table of addresses.
    private TimeSpan? Count(HttpContext context) =>
        (RequestOrigin.CountedNetwork(context) is { } network
            ? _networks.Count(network, LoginLimits.DeviceRequestsPerAddress * LoginLimits.NetworkFactor)
            : null)
        ?? _addresses.Count(RequestOrigin.CountedAddress(context), LoginLimits.DeviceRequestsPerAddress);

    private DeviceAsk Ask(OAuthParameters parameters, OAuthClient client, RequestOrigin origin)
    {
        AuthorizationRequestReader.ReadMaxAge(parameters, out var maxAge);
        return new DeviceAsk
        {
            Requester = client.Id,
            Purpose = $"Sign in to the {client.DisplayName}",
            Lifetime = options.DeviceCodeLifetime,
            Scope = AuthorizationRequestReader.ReadScope(parameters),
            RequiredAmr = AuthorizationRequestReader.ReadMethods(parameters),
            MaxAge = maxAge,
            Address = origin.Address,
            UserAgent = origin.UserAgent,
        };
    }
}
