using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Runtime.InteropServices;
using Postern.Cli.Configuration;
using Postern.Cli.Hosting;
using Postern.Cli.Terminals;

namespace Postern.Cli.Http;

/// <summary>Sends requests and turns failures of the network into one clear sentence. Proxies come from the environment.</summary>
internal sealed class HttpSender(VendorConfig config, Terminal terminal) : IDisposable
{
    /// <summary>The largest answer, a project's environments, is far below this; a hostile server cannot fill memory.</summary>
    private const long MaxResponseBytes = 32 * 1024 * 1024;

    private HttpClient? _client;

    public static string Version { get; } = typeof(HttpSender).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>Sends a request and reads the answer to its end.</summary>
    public async Task<HttpAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        var uri = request.RequestUri!;
        _client ??= Create();
        try
        {
            var started = TimeProvider.System.GetTimestamp();
            using var response = await _client.SendAsync(request, cancellation);
            var body = await response.Content.ReadAsStringAsync(cancellation);
            if (terminal.Verbosity >= 2)
            {
                terminal.Say($"{request.Method} {uri.GetLeftPart(UriPartial.Path)} -> {(int)response.StatusCode} ({TimeProvider.System.GetElapsedTime(started).TotalMilliseconds:0} ms)");
            }

            return new HttpAnswer(response.StatusCode, body, response.Headers.WwwAuthenticate.ToString(), response.Headers.Location);
        }
        catch (TaskCanceledException exception) when (!cancellation.IsCancellationRequested)
        {
            throw CliException.Connection($"Failed to connect to host: {uri.Host}\nThere was no answer within {config.Timeout.TotalSeconds:0} seconds.", exception);
        }
        catch (HttpRequestException exception)
        {
            throw CliException.Connection($"Failed to connect to host: {uri.Host}\n{Reason(exception)}", exception);
        }
    }

    /// <summary>One header of an answer, without a token and without the body.</summary>
    public async Task<string?> ReadHeaderAsync(HttpRequestMessage request, string header, CancellationToken cancellation)
    {
        _client ??= Create();
        try
        {
            using var response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            return response.Headers.TryGetValues(header, out var values) ? values.FirstOrDefault() : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    public void Dispose() => _client?.Dispose();

    private HttpClient Create()
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, AutomaticDecompression = DecompressionMethods.All };
        if (config.SkipTls)
        {
            // The person asked for it with POSTERN_SKIP_SSL, for a server with a certificate of its own making.
#pragma warning disable CA5359
            handler.SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true };
#pragma warning restore CA5359
        }

        var client = new HttpClient(handler, disposeHandler: true) { Timeout = config.Timeout, MaxResponseContentBufferSize = MaxResponseBytes };
        client.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", config.UserAgent
            ?? $"{config.ApplicationName.Replace(' ', '-')}/{Version} ({RuntimeInformation.OSDescription.Split(' ')[0]}; {RuntimeInformation.OSArchitecture})");
        client.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        return client;
    }

    private static string Reason(HttpRequestException exception) => exception.HttpRequestError switch
    {
        HttpRequestError.NameResolutionError => "The name could not be resolved. Check the address and your network.",
        HttpRequestError.SecureConnectionError => $"The secure connection failed: {exception.InnerException?.Message ?? exception.Message}",
        _ => exception.InnerException?.Message ?? exception.Message,
    };
}
