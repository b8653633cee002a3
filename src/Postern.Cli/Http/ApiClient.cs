using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Postern.Cli.Configuration;
using Postern.Cli.Hosting;
using Postern.Cli.Login;
using Postern.Cli.Sessions;

namespace Postern.Cli.Http;

/// <summary>Calls with the session's token: refreshed once when refused, stepped up when the server asks.</summary>
internal sealed class ApiClient(VendorConfig config, HttpSender sender, Session session)
{
    /// <summary>Called with a step-up demand; true means the person logged in again and the call is repeated once.</summary>
    public Func<StepUp, CancellationToken, Task<bool>>? OnStepUp { get; set; }

    public string BaseUrl => config.BaseUrl ?? throw OAuthClient.ServerUnknown(config);

    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation) =>
        Read(await SendAsync(HttpMethod.Get, BaseUrl + path, null, cancellation), type, path);

    /// <summary>The resource, or null when the server says there is none.</summary>
    public async Task<T?> FindAsync<T>(string path, JsonTypeInfo<T> type, CancellationToken cancellation)
        where T : class
    {
        var answer = await SendAsync(HttpMethod.Get, BaseUrl + path, null, cancellation, isNotFoundExpected: true);
        return answer.Status == HttpStatusCode.NotFound ? null : Read(answer, type, path);
    }

    /// <summary>Posts a resource.</summary>
    public async Task<TAnswer> PostAsync<TBody, TAnswer>(
        string url,
        TBody body,
        JsonTypeInfo<TBody> bodyType,
        JsonTypeInfo<TAnswer> answerType,
        CancellationToken cancellation,
        bool canStepUp = true) =>
        Read(await SendAsync(HttpMethod.Post, url, JsonSerializer.Serialize(body, bodyType), cancellation, canStepUp: canStepUp), answerType, url);

    public Task<HttpAnswer> DeleteAsync(string path, CancellationToken cancellation) =>
        SendAsync(HttpMethod.Delete, BaseUrl + path, null, cancellation);

    /// <summary>One call with the session's token.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="url">The whole address.</param>
    /// <param name="body">JSON, or null for none.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <param name="isNotFoundExpected">Whether "not found" is an answer rather than a failure.</param>
    /// <param name="canStepUp">False where no login may run, since the caller holds a lock that a login needs.</param>
    /// <exception cref="CliException">The server refused, or could not be reached.</exception>
    public async Task<HttpAnswer> SendAsync(
        HttpMethod method, string url, string? body, CancellationToken cancellation, bool isNotFoundExpected = false, bool canStepUp = true)
    {
        var token = await session.GetAccessTokenAsync(rejected: null, cancellation);
        var answer = await SendOnceAsync(method, url, body, token, cancellation);
        if (answer.Status == HttpStatusCode.Unauthorized && !answer.IsStepUp)
        {
            answer = await SendOnceAsync(method, url, body, await session.GetAccessTokenAsync(rejected: token, cancellation), cancellation);
        }

        if (answer.IsStepUp && canStepUp && OnStepUp is not null && await OnStepUp(StepUp.Read(answer.Json), cancellation))
        {
            answer = await SendOnceAsync(method, url, body, await session.GetAccessTokenAsync(rejected: null, cancellation), cancellation);
        }

        if (answer.IsStepUp)
        {
            var stepUp = StepUp.Read(answer.Json);
            throw CliException.LoginRequired(stepUp.Describe(config, session.ApiToken is not null), stepUp);
        }

        return answer.Status switch
        {
            HttpStatusCode.Unauthorized => throw CliException.LoginRequired(session.LoginHint("Unauthorized.")),
            HttpStatusCode.Forbidden => throw CliException.PermissionDenied("Permission denied. Check your permissions on the project/environment/organization.\n" + answer.Describe()),
            HttpStatusCode.NotFound when isNotFoundExpected => answer,
            _ when answer.IsSuccess => answer,
            _ => throw CliException.Failure($"The server refused {method} {new Uri(url).AbsolutePath}: {answer.Describe()}"),
        };
    }

    private async Task<HttpAnswer> SendOnceAsync(HttpMethod method, string url, string? body, string token, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, url);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        return await sender.SendAsync(request, cancellation);
    }

    private static T Read<T>(HttpAnswer answer, JsonTypeInfo<T> type, string place)
    {
        try
        {
            return JsonSerializer.Deserialize(answer.Body, type) ?? throw new JsonException("the answer is null");
        }
        catch (JsonException exception)
        {
            throw CliException.Failure($"The server's answer to {place} could not be read: {exception.Message}", exception);
        }
    }
}
