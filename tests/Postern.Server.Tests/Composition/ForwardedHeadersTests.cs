using System.Collections;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Postern.Directory.Storage;
using Postern.Server.Composition;
using Postern.Server.Configuration;

namespace Postern.Server.Tests.Composition;

/// <summary>Who may say where a request comes from, over real connections from this machine.</summary>
public sealed class ForwardedHeadersTests : IDisposable
{
    private string? _strictTransport;

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("postern-forwarded-").FullName;

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task WithANamedProxy_ProgramsOfThisMachine_CannotInventAnAddress() =>
        Assert.Equal("127.0.0.1", await AddressSeenAsync("https://postern.test", ("HTTP__TRUSTED_PROXIES", "192.0.2.7")));

    [Fact]
    public async Task NamedProxy_OfThisMachine_IsBelieved() =>
        Assert.Equal("198.51.100.1", await AddressSeenAsync("https://postern.test", ("HTTP__TRUSTED_PROXIES", "192.0.2.7 127.0.0.1")));

    [Fact]
    public async Task WithoutANamedProxy_TheOneOfThisMachine_IsBelieved() =>
        Assert.Equal("198.51.100.1", await AddressSeenAsync("https://postern.test"));

    [Fact]
    public async Task WithHttps_BrowsersAreToldToStayWithIt()
    {
        await AddressSeenAsync("https://postern.test");
        Assert.Equal("max-age=31536000", _strictTransport);
    }

    [Fact]
    public async Task WithoutHttps_NobodyIsBelieved()
    {
        Assert.Equal("127.0.0.1", await AddressSeenAsync("http://127.0.0.1:8080", ("HTTP__TRUSTED_PROXIES", "127.0.0.1")));
        Assert.Null(_strictTransport);
    }

    /// <summary>What a request is remembered to come from whose header names 198.51.100.1.</summary>
    private async Task<string?> AddressSeenAsync(string publicUrl, params (string Key, string Value)[] more)
    {
        var environment = new Hashtable
        {
            ["POSTERN_SERVER__ROLES"] = "control",
            ["POSTERN_SERVER__DATA_DIRECTORY"] = _folder,
            ["POSTERN_SERVER__HTTP__LISTEN"] = "127.0.0.1:0",
            ["POSTERN_SERVER__HTTP__PUBLIC_URL"] = publicUrl,
        };
        foreach (var (key, value) in more)
        {
            environment["POSTERN_SERVER__" + key] = value;
        }

        await using var app = await ServerHost.StartAsync(ServerConfig.Load(null, environment), CancellationToken.None);
        var server = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, server + "/oauth2/device_authorization")
        {
            Content = new FormUrlEncodedContent([KeyValuePair.Create("client_id", "postern-cli")]),
        };
        request.Headers.Add("X-Forwarded-For", "198.51.100.1");
        request.Headers.Add("X-Forwarded-Proto", "https");
        using var answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        _strictTransport = answer.Headers.TryGetValues("Strict-Transport-Security", out var values) ? values.Single() : null;
        await using var context = await app.Services.GetRequiredService<IDbContextFactory<DirectoryContext>>().CreateDbContextAsync();
        var address = await context.DeviceRequests.Select(r => r.Address).SingleAsync();
        await app.StopAsync();
        return address;
    }
}
