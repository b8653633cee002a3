using System.Buffers.Text;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace Postern.Web.Tests;

/// <summary>What the command line does while a person signs in: it listens on the first free port of 5000 to 5010.</summary>
internal sealed class LoopbackClient(LoginSite site) : IAsyncDisposable
{
    private readonly TaskCompletionSource<IQueryCollection> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _verifier = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
    private WebApplication? _listener;

    public string RedirectUri { get; private set; } = "";

    /// <summary>The query that the browser brought.</summary>
    public Task<IQueryCollection> Answer => _answer.Task.WaitAsync(TimeSpan.FromMinutes(1));

    public string AuthorizeUrl(string prompt = "consent") => QueryHelpers.AddQueryString(site.Url + "/oauth2/authorize", new Dictionary<string, string?>
    {
        ["redirect_uri"] = RedirectUri,
        ["state"] = "st-42",
        ["client_id"] = "postern-cli",
        ["prompt"] = prompt,
        ["response_type"] = "code",
        ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(_verifier))),
        ["code_challenge_method"] = "S256",
        ["scope"] = "offline_access",
    });

    public async Task StartAsync()
    {
        for (var port = 5000; port <= 5010; port++)
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.WebHost.UseUrls(RedirectUri = $"http://127.0.0.1:{port}");
            var listener = builder.Build();
            listener.MapGet("/", (HttpContext context) =>
            {
                _answer.TrySetResult(context.Request.Query);
                return Results.Content("<!DOCTYPE html><title>Successfully logged in</title>", "text/html");
            });
            listener.MapGet("/favicon.ico", () => Results.NoContent()); // Browsers ask, and note a refusal as an error.
            try
            {
                await listener.StartAsync();
                _listener = listener;
                return;
            }
            catch (IOException)
            {
                await listener.DisposeAsync(); // Taken, perhaps by another run; try the next.
            }
        }

        throw new InvalidOperationException("No port of 5000 to 5010 is free.");
    }

    /// <summary>Exchanges the code that came.</summary>
    public async Task<JsonObject> ExchangeAsync()
    {
        using var client = new HttpClient();
        var response = await client.PostAsync(site.Url + "/oauth2/token", new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["grant_type"] = "authorization_code",
            ["client_id"] = "postern-cli",
            ["code"] = (await Answer)["code"].ToString(),
            ["redirect_uri"] = RedirectUri,
            ["code_verifier"] = _verifier,
        }));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return (await response.Content.ReadFromJsonAsync<JsonObject>())!;
    }

    public async ValueTask DisposeAsync()
    {
        if (_listener is not null)
        {
            await _listener.DisposeAsync();
        }
    }
}
