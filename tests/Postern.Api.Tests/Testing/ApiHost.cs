using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Authority;
using Postern.Authority.Tests;
using Postern.Directory.Apply;
using Postern.Directory.People;
using Postern.Directory.Schema;
using Postern.Directory.Storage;

namespace Postern.Api.Tests.Testing;

/// <summary>The API on a real SQLite file (or what a heir chooses) with a small company in it.</summary>
public class ApiHost : IAsyncLifetime
{
    public const string ProjectId = "abcdefghijklm";

    private const string Topology = """
        organizations:
          - name: acme
            label: Acme Inc.
            owner: owner@example.com
            members: {member@example.com: member, admin@example.com: admin}
          - name: vault
            owner: owner@example.com
            require_mfa: true
            members: {member@example.com: admin}
        projects:
          - id: abcdefghijklm
            title: Shop
            organization: acme
            members:
              viewer@example.com: viewer
              developer@example.com: {role: viewer, development: contributor}
            environments:
              main:
                services:
                  db: {type: "postgresql:15"}
                apps:
                  app:
                    type: php:8.3
                    instances: 2
                    relationships: {database: "db:postgresql"}
                    mounts: [data]
                    variables: {env:SECRET: hunter2}
                    workers:
                      queue: {start: ./work.sh, access: {ssh: viewer}}
                  admin: {type: "php:8.3", access: {ssh: admin}}
                routes: {"https://{default}/": app}
              feature/x:
                apps: {app: {type: "php:8.3"}}
              empty: {type: staging, status: inactive}
          - id: vaultvaultvault
            title: Vault
            organization: vault
            environments: {main: {apps: {app: {type: "php:8.3"}}}}
        """;

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("postern-api-").FullName;
    private readonly Dictionary<string, Guid> _users = [];
    private MasterKey? _masterKey;
    private WebApplication? _app;

    public IServiceProvider Services => _app!.Services;

    protected virtual Task<DirectoryOptions> CreateDatabaseAsync(string folder) =>
        Task.FromResult(new DirectoryOptions { ConnectionString = SqliteIn(folder) });

    public virtual async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddDirectory(await CreateDatabaseAsync(_folder));
        _masterKey = MasterKey.OpenOrCreate(Path.Combine(_folder, "master.key"));
        builder.Services.AddSingleton(new CertificateAuthority(
            new FileKeyStore(_folder),
            new RefusingLedger(),
            _masterKey,
            new AuthorityConfig { ExtensionDomain = "postern.test" },
            TimeProvider.System,
            RandomNumberGenerator.Create(),
            NullLogger<CertificateAuthority>.Instance));
        builder.Services.AddAuthentication().AddScheme<AuthenticationSchemeOptions, ClaimsScheme>(ApiEndpoints.BearerScheme, null);
        builder.Services.AddPosternApi(new ApiOptions
        {
            Name = "Test",
            PublicUrl = "https://postern.test/",
            SshClientOptions = ["HostName 127.0.0.1", "Port 2222"],
        });
        _app = builder.Build();
        _app.UseAuthentication();
        _app.UseAuthorization();
        _app.MapPosternApi();
        await Services.GetRequiredService<SchemaRunner>().RunAsync(CancellationToken.None);
        await Services.GetRequiredService<CertificateAuthority>().InitializeAsync(CancellationToken.None);
        foreach (var name in new[] { "owner", "admin", "member", "viewer", "developer", "stranger" })
        {
            await AddUserAsync(name);
        }

        var applied = await Services.GetRequiredService<Applier>().ApplyAsync(Topology, _folder, CancellationToken.None);
        Assert.Empty(applied.Faults);
        await _app.StartAsync();
    }

    public virtual async Task DisposeAsync()
    {
        // Disposing alone would not wait for the hosted services, which may be in the middle of a look at the database.
        await _app!.StopAsync();
        await _app.DisposeAsync();
        _masterKey!.Dispose();

        // Not the pools of other tests, which are at work.
        using var connection = new SqliteConnection(SqliteIn(_folder));
        SqliteConnection.ClearPool(connection);
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    private static string SqliteIn(string folder) => $"Data Source={Path.Combine(folder, "api.db")}";

    public Guid UserId(string name) => _users[name];

    public async Task AddUserAsync(string name)
    {
        var user = new User
        {
            Id = Guid.NewGuid(),
            UserName = name,
            NormalizedUserName = name.ToUpperInvariant(),
            Email = $"{name}@example.com",
            NormalizedEmail = $"{name}@example.com".ToUpperInvariant(),
            EmailConfirmed = true,
            CreatedAt = DateTimeOffset.UtcNow,
            UpdatedAt = DateTimeOffset.UtcNow,
        };
        _users.Add(name, user.Id);
        await using var context = await ContextAsync();
        context.Add(user);
        await context.SaveChangesAsync();
    }

    public Task<DirectoryContext> ContextAsync() =>
        Services.GetRequiredService<IDbContextFactory<DirectoryContext>>().CreateDbContextAsync();

    /// <summary>A client that is signed in as one of the people, or as nobody; with further claims as <c>name=value;...</c>.</summary>
    public HttpClient Client(string? name, bool hasMfa = false, string? claims = null)
    {
        var client = _app!.GetTestClient();
        if (name is not null)
        {
            client.DefaultRequestHeaders.Authorization =
                new AuthenticationHeaderValue("Bearer", $"sub={_users[name]};amr=pwd{(hasMfa ? ";amr=mfa" : "")}{(claims is null ? "" : ";" + claims)}");
        }

        return client;
    }

    public async Task<JsonElement> GetAsync(string name, string path, bool hasMfa = false)
    {
        using var client = Client(name, hasMfa);
        using var response = await client.GetAsync(path);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{path}: {response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async Task<(HttpStatusCode Status, string Body)> TryGetAsync(string? name, string path, bool hasMfa = false)
    {
        using var client = Client(name, hasMfa);
        using var response = await client.GetAsync(path);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
