using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;

namespace Postern.Login.SingleSignOn;

/// <summary>
/// Asks providers: JSON objects of bounded size, in bounded time, without redirects, cookies and proxies. The address is judged
/// when it is connected to, so no name can lead to another address than the one that was looked at.
/// </summary>
internal sealed class ProviderHttp : IDisposable
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = SsoLimits.DocumentDepth, AllowDuplicateProperties = false };

    private readonly LoginOptions _options;
    private readonly TimeProvider _clock;
    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _client;

    public ProviderHttp(LoginOptions options, TimeProvider clock)
    {
        (_options, _clock) = (options, clock);
        _handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false, // A redirect could lead to another host after the first was judged, and none of these answers redirects.
            UseCookies = false,
            UseProxy = false,
            ConnectTimeout = SsoLimits.Connect,
            MaxResponseHeadersLength = 32,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5), // Names may lead elsewhere by then.
            ConnectCallback = ConnectAsync,
        };
        _client = new HttpClient(_handler) { Timeout = Timeout.InfiniteTimeSpan };
        _client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        _client.DefaultRequestHeaders.UserAgent.ParseAdd("postern");
    }

    /// <summary>A document, with an access token if one is given. Throws <see cref="ProviderException"/>.</summary>
    public async Task<JsonElement> GetAsync(string url, string? accessToken, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Judge(url));
        if (accessToken is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        }

        var (status, document) = await SendAsync(request, cancellationToken);
        return status == HttpStatusCode.OK && document is { } found
            ? found
            : throw new ProviderException(FailureOf(status), $"{request.RequestUri!.IdnHost} answered with status {(int)status}, or with something that is not a JSON object.");
    }

    /// <summary>The answer to a form; an error of OAuth is a <see cref="ProviderException"/> with its code.</summary>
    public async Task<JsonElement> PostAsync(
        string url, IEnumerable<KeyValuePair<string, string>> form, AuthenticationHeaderValue? authorization, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Judge(url)) { Content = new FormUrlEncodedContent(form) };
        request.Headers.Authorization = authorization;
        var (status, document) = await SendAsync(request, cancellationToken);
        if (status == HttpStatusCode.OK && document is { } found)
        {
            return found;
        }

        var code = document is { } refusal && refusal.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.String
            ? error.GetString()
            : null;
        throw new ProviderException(FailureOf(status), $"{request.RequestUri!.IdnHost} answered with status {(int)status}.")
        {
            Code = code is { Length: <= 64 } && code.All(c => char.IsAsciiLetterOrDigit(c) || c == '_') ? code : null,
        };
    }

    public void Dispose()
    {
        _client.Dispose();
        _handler.Dispose();
    }

    private Uri Judge(string url) => ProviderAddress.IsAllowed(url, _options.SsoInternalHosts)
        ? new Uri(url)
        : throw new ProviderException(ProviderFailure.NotAllowed, "An address of the provider is not https.");

    private async Task<(HttpStatusCode Status, JsonElement? Document)> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(SsoLimits.Answer, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            await using var body = await response.Content.ReadAsStreamAsync(both.Token);
            var bytes = await BoundedBody.ReadAsync(body, SsoLimits.Document, both.Token)
                ?? throw new ProviderException(ProviderFailure.Invalid, $"{request.RequestUri!.IdnHost} sent more than {SsoLimits.Document} bytes.");
            return (response.StatusCode, Read(bytes));
        }
        catch (HttpRequestException exception) when (Cause<ProviderException>(exception) is { } refusal)
        {
            throw new ProviderException(refusal.Failure, refusal.Message, exception);
        }
        catch (HttpRequestException exception)
        {
            var reason = Cause<AuthenticationException>(exception) is null ? "cannot be reached" : "has no certificate that this server trusts";
            throw new ProviderException(ProviderFailure.Unreachable, $"{request.RequestUri!.IdnHost} {reason}.", exception);
        }
        catch (IOException exception)
        {
            throw new ProviderException(ProviderFailure.Unreachable, $"{request.RequestUri!.IdnHost} stopped in the middle of its answer.", exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ProviderException(ProviderFailure.Unreachable, $"{request.RequestUri!.IdnHost} did not answer within {SsoLimits.Answer.TotalSeconds:0} seconds.", exception);
        }
    }

    private static JsonElement? Read(byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes, Strict);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = await Dns.GetHostAddressesAsync(host, cancellationToken);
        if (!_options.SsoInternalHosts.Contains(host, StringComparer.OrdinalIgnoreCase))
        {
            addresses = [.. addresses.Where(ProviderAddress.IsPublic)];
            if (addresses.Length == 0)
            {
                throw new ProviderException(
                    ProviderFailure.NotAllowed,
                    $"{host} is not on the internet; the operator has to name it in login.sso_internal_hosts.");
            }
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static ProviderFailure FailureOf(HttpStatusCode status) =>
        (int)status >= 500 || status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout ? ProviderFailure.Unreachable
        : (int)status >= 400 ? ProviderFailure.Refused
        : ProviderFailure.Invalid;

    private static T? Cause<T>(Exception exception)
        where T : Exception
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is T found)
            {
                return found;
            }
        }

        return null;
    }
}
