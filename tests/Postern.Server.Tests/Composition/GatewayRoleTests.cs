using System.Collections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Postern.Server.Composition;
using Postern.Server.Configuration;

namespace Postern.Server.Tests.Composition;

/// <summary>A process that runs only the gateway.</summary>
public sealed class GatewayRoleTests : IDisposable
{
    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("postern-role-").FullName;

    public void Dispose()
    {
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task GatewayAlone_ServesNoHttp()
    {
        await using var app = await ServerHost.StartAsync(Config(), CancellationToken.None);
        Assert.Null(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>());
        await app.StopAsync();
    }

    [Fact]
    public async Task GatewayAlone_GivesMetricsWhereItIsTold()
    {
        await using var app = await ServerHost.StartAsync(Config(("HTTP__METRICS_LISTEN", "127.0.0.1:0")), CancellationToken.None);
        var address = Assert.Single(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses);
        Assert.StartsWith("http://127.0.0.1:", address, StringComparison.Ordinal);
        await app.StopAsync();
    }

    private ServerConfig Config(params (string Key, string Value)[] more)
    {
        var environment = new Hashtable
        {
            ["POSTERN_SERVER__ROLES"] = "gateway",
            ["POSTERN_SERVER__DATA_DIRECTORY"] = _folder,
            ["POSTERN_SERVER__SSH__LISTEN"] = "127.0.0.1:0",
        };
        foreach (var (key, value) in more)
        {
            environment["POSTERN_SERVER__" + key] = value;
        }

        return ServerConfig.Load(null, environment);
    }
}
