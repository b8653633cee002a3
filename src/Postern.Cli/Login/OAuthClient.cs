using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Postern.Cli.Configuration;
using Postern.Cli.Hosting;
using Postern.Cli.Http;
using Postern.Cli.Sessions;
using Postern.Contracts.OAuth;

namespace Postern.Cli.Login;

/// <summary>The token and revocation endpoints, as a public client uses them.</summary>
internal sealed class OAuthClient(VendorConfig config, HttpSender sender, TimeProvider time)
{
    private const string DeviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

    private static readonly int[] RetriedStatuses = [408, 429, 502, 503, 504];

    /// <summary>Reads in the server's description (RFC 8414) how its authorization responses name it (RFC 9207).</summary>
    public async Task<ResponseIssuer> ReadIssuerAsync(CancellationToken cancellation)
    {
        var issuer = config.AuthUrl ?? throw ServerUnknown(config);
        var address = new Uri(issuer);
        // RFC 8414 section 3.1: the well-known part comes between the host and the path.
        var url = address.GetLeftPart(UriPartial.Authority) + "/.well-known/oauth-authorization-server" + address.AbsolutePath.TrimEnd('/');
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        var answer = await sender.SendAsync(request, cancellation);
        if ((int)answer.Status is >= 300 and < 500)
        {
            return new ResponseIssuer(issuer, IsRequired: false); // A server without a description promises nothing.
        }

        if (!answer.IsSuccess)
        {
            throw CliException.Failure($"The login server did not describe itself: {answer.Describe()}\nPlease try again.");
        }

        try
        {
            // RFC 8414 section 3.3: a description of another issuer must not be used.
            return new ResponseIssuer(
                issuer,
                JsonSerializer.Deserialize(answer.Body, OAuthJsonContext.Default.AuthorizationServerMetadata) is { } metadata
                    && metadata.Issuer == issuer
                    && metadata.AuthorizationResponseIssParameterSupported);
        }
        catch (JsonException exception)
        {
            throw CliException.Failure($"The login server at {url} sent an answer that is not JSON.", exception);
        }
    }

    /// <summary>RFC 6749 section 4.1.3 with RFC 7636.</summary>
    public Task<TokenOutcome> ExchangeCodeAsync(string code, string redirectUri, string verifier, CancellationToken cancellation) =>
        RequestAsync(hasBasicClient: false, cancellation, ("grant_type", "authorization_code"), ("code", code), ("client_id", config.ClientId), ("redirect_uri", redirectUri), ("code_verifier", verifier));

    /// <summary>RFC 6749 section 6.</summary>
    public Task<TokenOutcome> RefreshAsync(string refreshToken, CancellationToken cancellation) =>
        RequestAsync(hasBasicClient: true, cancellation, ("grant_type", "refresh_token"), ("refresh_token", refreshToken), ("scope", ""));

    /// <summary>RFC 8628 section 3.4: asks once whether a person has allowed it.</summary>
    public Task<TokenOutcome> ExchangeDeviceCodeAsync(string deviceCode, CancellationToken cancellation) =>
        RequestAsync(hasBasicClient: false, cancellation, ("grant_type", DeviceGrant), ("device_code", deviceCode), ("client_id", config.ClientId));

    /// <summary>RFC 8628 section 3.1: begins a sign-in that is allowed in another browser.</summary>
    public async Task<DeviceAuthorizationResponse> BeginDeviceAsync(BrowserLoginRequest login, CancellationToken cancellation)
    {
        var url = config.DeviceAuthorizationUrl ?? throw ServerUnknown(config);
        var fields = new List<(string Name, string Value)> { ("client_id", config.ClientId), ("scope", "offline_access") };
        if (login.Methods.Count > 0)
        {
            fields.Add(("amr", string.Join(' ', login.Methods)));
        }

        if (login.MaxAgeSeconds is { } age)
        {
            fields.Add(("max_age", age.ToString(CultureInfo.InvariantCulture)));
        }

        using var request = Form(url, [.. fields]);
        var answer = await sender.SendAsync(request, cancellation);
        if (!answer.IsSuccess)
        {
            throw CliException.Failure($"The login server did not begin the sign-in: {answer.Describe()}");
        }

        try
        {
            return JsonSerializer.Deserialize(answer.Body, OAuthJsonContext.Default.DeviceAuthorizationResponse)
                is { DeviceCode.Length: > 0, UserCode.Length: > 0, VerificationUri.Length: > 0 } response
                ? response
                : throw CliException.Failure($"The login server at {url} sent no code.");
        }
        catch (JsonException exception)
        {
            throw CliException.Failure($"The login server at {url} sent an answer that is not JSON.", exception);
        }
    }

    public Task<TokenOutcome> ExchangeApiTokenAsync(string apiToken, CancellationToken cancellation) =>
        RequestAsync(hasBasicClient: true, cancellation, ("grant_type", "api_token"), ("api_token", apiToken), ("scope", ""));

    /// <summary>RFC 7009, the refresh token first.</summary>
    /// <returns>What went wrong, or null.</returns>
    public async Task<string?> RevokeAsync(StoredTokens tokens, CancellationToken cancellation)
    {
        if (config.RevokeUrl is null)
        {
            return null;
        }

        string? fault = null;
        if (!string.IsNullOrEmpty(tokens.RefreshToken))
        {
            fault = await RevokeAsync(tokens.RefreshToken, "refresh_token", cancellation);
        }

        return (tokens.AccessToken.Length > 0 ? await RevokeAsync(tokens.AccessToken, "access_token", cancellation) : null) ?? fault;
    }

    private async Task<string?> RevokeAsync(string token, string hint, CancellationToken cancellation)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var request = Form(config.RevokeUrl!, ("client_id", config.ClientId), ("client_secret", ""), ("token", token), ("token_type_hint", hint));
                var answer = await sender.SendAsync(request, cancellation);
                if (answer.IsSuccess)
                {
                    return null;
                }

                if (attempt > 0 || !RetriedStatuses.Contains((int)answer.Status))
                {
                    return answer.Describe();
                }
            }
            catch (CliException exception)
            {
                return exception.Message;
            }
        }
    }

    private async Task<TokenOutcome> RequestAsync(bool hasBasicClient, CancellationToken cancellation, params (string Name, string Value)[] fields)
    {
        using var request = Form(config.TokenUrl ?? throw ServerUnknown(config), fields);
        if (hasBasicClient)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(config.ClientId + ":")));
        }

        var answer = await sender.SendAsync(request, cancellation);
        if (!answer.IsSuccess)
        {
            return new TokenOutcome(null, answer);
        }

        try
        {
            var response = JsonSerializer.Deserialize(answer.Body, OAuthJsonContext.Default.TokenResponse);
            if (string.IsNullOrEmpty(response?.AccessToken))
            {
                throw CliException.Failure($"The login server at {config.TokenUrl} sent no access token.");
            }

            return new TokenOutcome(
                new StoredTokens
                {
                    AccessToken = response.AccessToken,
                    TokenType = response.TokenType,
                    Expires = time.GetUtcNow().ToUnixTimeSeconds() + response.ExpiresIn,
                    RefreshToken = response.RefreshToken,
                },
                answer);
        }
        catch (JsonException exception)
        {
            throw CliException.Failure($"The login server at {config.TokenUrl} sent an answer that is not JSON.", exception);
        }
    }

    public static CliException ServerUnknown(VendorConfig config) =>
        CliException.Configuration($"No server is configured.\nName one by logging in: {config.Executable} login --server URL");

    private static HttpRequestMessage Form(string url, params (string Name, string Value)[] fields) =>
        new(HttpMethod.Post, url) { Content = new FormUrlEncodedContent(fields.Select(f => KeyValuePair.Create(f.Name, f.Value))) };
}
