using System.Collections;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Postern.Server.Configuration;
using Postern.Server.Metrics;
using Postern.Testing;

namespace Postern.Server.Tests.Metrics;

/// <summary>Who may see the metrics, over real connections.</summary>
public sealed class MetricsEndpointTests : IAsyncLifetime
{
    private readonly PrometheusExporter _exporter = new();
    private readonly HttpClient _client = new();
    private WebApplication? _app;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        _client.Dispose();
        _exporter.Dispose();
    }

    [Fact]
    public async Task ThisMachine_SeesThem()
    {
        var port = await StartAsync();
        using var answer = await _client.GetAsync($"http://127.0.0.1:{port}/metrics");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(PrometheusExporter.ContentType, answer.Content.Headers.ContentType?.ToString());
        Assert.Equal("rest", await _client.GetStringAsync($"http://127.0.0.1:{port}/other"));
    }

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("Forwarded", "for=127.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    public async Task WhoeverComesThroughAProxy_DoesNot(string header, string value)
    {
        var port = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{port}/metrics");
        request.Headers.TryAddWithoutValidation(header, value);
        using var answer = await _client.SendAsync(request);
        Assert.Equal("rest", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task OtherMachine_DoesNot()
    {
        // An address of this machine that is not loopback stands for another machine's, for that is all the server sees.
        var address = LocalAddress();
        var port = await StartAsync(IPAddress.Any);
        Assert.Equal("rest", await _client.GetStringAsync($"http://{address}:{port}/metrics"));
    }

    [Fact]
    public async Task AddressOfTheirOwn_GivesThemAndNothingElse()
    {
        var own = Ports.Free();
        var port = await StartAsync(IPAddress.Loopback, own);
        Assert.Contains("rest", await _client.GetStringAsync($"http://127.0.0.1:{port}/metrics"), StringComparison.Ordinal);
        Assert.DoesNotContain("rest", await _client.GetStringAsync($"http://127.0.0.1:{own}/metrics"), StringComparison.Ordinal);
        using var other = await _client.GetAsync($"http://127.0.0.1:{own}/other");
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    private async Task<int> StartAsync(IPAddress? address = null, int? own = null)
    {
        var port = Ports.Free();
        var environment = new Hashtable();
        if (own is not null)
        {
            environment["POSTERN_SERVER__HTTP__METRICS_LISTEN"] = $"127.0.0.1:{own}";
        }

        var config = ServerConfig.Load(null, environment);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(address ?? IPAddress.Loopback, port);
            foreach (var endPoint in config.MetricsListen)
            {
                kestrel.Listen(endPoint);
            }
        });
        _app = builder.Build();
        _app.UseMetrics(config, _exporter);
        _app.Run(context => context.Response.WriteAsync("rest"));
        await _app.StartAsync();
        return port;
    }

    private static IPAddress LocalAddress() =>
        Dns.GetHostAddresses(Dns.GetHostName(), AddressFamily.InterNetwork).FirstOrDefault(a => !IPAddress.IsLoopback(a))
        ?? throw new InvalidOperationException("this machine has no address but loopback");
}
