using System.Text.Json.Nodes;
using Postern.Testing;

namespace Postern.Cli.Tests.Testing;

/// <summary>A logged-in person, a deployed app behind a real sshd, and two services that it may reach.</summary>
internal sealed class Deployed : IAsyncDisposable
{
    private Deployed(ContractServer server, OpenSshServer ssh, TestHome home, EchoService database, EchoService cache)
    {
        Server = server;
        Ssh = ssh;
        Home = home;
        Database = database;
        Cache = cache;
    }

    public ContractServer Server { get; }

    public OpenSshServer Ssh { get; }

    public TestHome Home { get; }

    private EchoService Database { get; }

    private EchoService Cache { get; }

    public static async Task<Deployed> StartAsync()
    {
        var server = await ContractServer.StartAsync();
        var database = new EchoService("database");
        var cache = new EchoService("cache");
        var relationships = new JsonObject
        {
            ["database"] = new JsonArray(Endpoint("pgsql", database.Port, "main")),
            ["redis"] = new JsonArray(Endpoint("redis", cache.Port, null)),
        };
        var ssh = new OpenSshServer(server.Authority, ContractServer.UserId, relationships);
        server.Ssh["host_keys"] = new JsonArray(ssh.HostKeyLine);
        server.Ssh["options"] = ssh.Options;
        var links = server.Environment["_links"]!.AsObject();
        links.Remove("pf:ssh:app:0");
        links["pf:ssh:app"] = new JsonObject { ["href"] = $"ssh://{ssh.User}@{OpenSshServer.HostName}" };
        var home = new TestHome();
        (await home.LogInAsync(server)).Succeeded();
        return new Deployed(server, ssh, home, database, cache);
    }

    public async ValueTask DisposeAsync()
    {
        // The ports are free a moment before the process that kept them open is done.
        await Home.RunAsync("tunnel:close", "--all", "-y");
        await Programs.WaitUntilAsync(() => !Home.IsInUse(), "the end of the tunnels' process");
        await Ssh.DisposeAsync();
        Database.Dispose();
        Cache.Dispose();
        Home.Dispose();
        await Server.DisposeAsync();
    }

    private static JsonObject Endpoint(string scheme, int port, string? path) => new()
    {
        ["username"] = path is null ? null : "user",
        ["password"] = path is null ? null : "p@ss",
        ["scheme"] = scheme,
        ["host"] = "127.0.0.1",
        ["hostname"] = "127.0.0.1",
        ["ip"] = "127.0.0.1",
        ["port"] = port,
        ["path"] = path,
        ["query"] = path is null ? new JsonArray() : new JsonObject { ["is_master"] = true },
        ["rel"] = scheme,
    };
}
