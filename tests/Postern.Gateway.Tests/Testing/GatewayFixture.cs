using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Postern.Authority;
using Postern.Directory.Deployments;
using Postern.Directory.Factors;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Projects;
using Postern.Directory.Routing;
using Postern.Directory.Schema;
using Postern.Directory.Sessions;
using Postern.Directory.Storage;
using Postern.Gateway.Authentication;
using Postern.Gateway.Connections;
using Postern.Gateway.Routing;
using Postern.Server.Composition;
using Postern.Ssh.Keys;
using Postern.Ssh.Server;
using Postern.Targets;

namespace Postern.Gateway.Tests.Testing;

/// <summary>
/// The whole gateway over a real Directory and Authority: Olga owns the organization, Alice is a contributor of its
/// project, whose production environment has an app with two instances and a worker for administrators.
/// </summary>
internal sealed class GatewayFixture : IAsyncDisposable
{
    public const string Machine = "main-bvxea6i";

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("postern-gateway-").FullName;
    private readonly ServiceProvider _services;

    private GatewayFixture(GatewayConfig config)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(Log));
        services.AddSingleton<TimeProvider>(Clock);
        services.AddDirectory(new DirectoryOptions { ConnectionString = ConnectionString });
        services.AddSingleton(_ => new MasterKey(RandomNumberGenerator.GetBytes(MasterKey.Size)));
        services.AddSingleton(_ => RandomNumberGenerator.Create());
        services.AddSingleton(_ => new FactorProtection(RandomNumberGenerator.GetBytes(FactorProtection.KeySize)));
        services.AddSingleton(new AuthorityConfig { ExtensionDomain = "postern.test" });
        services.AddSingleton<IAuthorityKeyStore, AuthorityKeyStore>();
        services.AddSingleton<ICertificateLedger, AuthorityLedger>();
        services.AddSingleton<CertificateAuthority>();
        services.AddSingleton<ITarget>(Target);
        services.AddPosternGateway(config, HostKeys, ["127.0.0.1"]);
        _services = services.BuildServiceProvider();
        Olga = NewUser("olga");
        Alice = NewUser("alice");
        Organization = new Organization
        {
            Id = OrganizationId.Create(Clock),
            Name = "acme",
            Label = "Acme",
            OwnerId = Olga.Id,
            CreatedAt = Clock.GetUtcNow(),
            UpdatedAt = Clock.GetUtcNow(),
        };
        Project = new Project
        {
            Id = ProjectId.Create(),
            Title = "Shop",
            OrganizationId = Organization.Id,
            Region = "local",
            Entropy = ProjectId.CreateEntropy(),
            DefaultBranch = "main",
            CreatedAt = Clock.GetUtcNow(),
            UpdatedAt = Clock.GetUtcNow(),
        };
    }

    public TestClock Clock { get; } = new();

    public RecordedLog Log { get; } = new();

    public SmallTarget Target { get; } = new();

    public IReadOnlyList<PrivateKey> HostKeys { get; } = [Ed25519PrivateKey.Generate(), EcdsaPrivateKey.Generate("ecdsa-sha2-nistp256")];

    public User Olga { get; }

    public User Alice { get; }

    public Organization Organization { get; }

    public Project Project { get; }

    public string Folder => _folder;

    private string ConnectionString => $"Data Source={Path.Combine(_folder, "directory.db")}";

    public string Service => ServiceOf("app");

    public CertificateAuthority Authority => Get<CertificateAuthority>();

    public LiveConnections Live => Get<LiveConnections>();

    public static async Task<GatewayFixture> CreateAsync(GatewayConfig? config = null)
    {
        var fixture = new GatewayFixture(config ?? new GatewayConfig { Listen = [] });
        await fixture.Get<SchemaRunner>().RunAsync(CancellationToken.None);
        await fixture.Authority.InitializeAsync(CancellationToken.None);
        await fixture.SaveAsync(fixture.Olga, fixture.Alice);
        await fixture.SaveAsync(fixture.Organization);
        await fixture.SaveAsync(fixture.Project);
        await fixture.SaveAsync(
            new ProjectMember
            {
                ProjectId = fixture.Project.Id,
                UserId = fixture.Alice.Id,
                Role = ProjectRole.Viewer,
                ProductionRole = EnvironmentRole.Contributor,
            },
            new ProjectEnvironment
            {
                ProjectId = fixture.Project.Id,
                Name = "main",
                MachineName = Machine,
                Title = "Main",
                Type = EnvironmentType.Production,
                Status = EnvironmentStatus.Active,
                TreeId = "tree-1",
                Deployment = Deployment("contributor").ToJson(),
                CreatedAt = fixture.Clock.GetUtcNow(),
                UpdatedAt = fixture.Clock.GetUtcNow(),
            });
        return fixture;
    }

    public static DeploymentContent Deployment(string access) => new()
    {
        Apps = [NewApp(null, access, 2), NewApp("queue", "admin", 1)],
        Services = [],
        Routes = new Dictionary<string, string>(),
        Variables = new Dictionary<string, string>(),
    };

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>A hosted service of the gateway.</summary>
    public T Hosted<T>() => _services.GetServices<IHostedService>().OfType<T>().Single();

    public string ServiceOf(string rest) => $"{Project.Id}-{Machine}--{rest}";

    public async Task SaveAsync(params object[] entities)
    {
        await using var context = await NewContextAsync();
        context.AddRange(entities);
        await context.SaveChangesAsync();
    }

    /// <summary>Changes rows the way that the rest of the product does, so that the change feed learns of it.</summary>
    public async Task ChangeAsync<T>(Func<T, bool> which, Action<T> change)
        where T : class
    {
        await using var context = await NewContextAsync();
        foreach (var row in (await context.Set<T>().ToListAsync()).Where(which))
        {
            change(row);
        }

        await context.SaveChangesAsync();
    }

    public async Task RunSqlAsync(string sql)
    {
        // What goes past the change tracker puts its change on record itself (DirectoryContext).
        await using var context = await NewContextAsync();
        await context.Database.ExecuteSqlRawAsync(sql);
        context.Add(new Directory.Changes.Change { At = Clock.GetUtcNow(), Kind = "sql", Subject = "test" });
        await context.SaveChangesAsync();
    }

    public async Task<IReadOnlyList<Directory.Audit.AuditEvent>> AuditAsync(string action)
    {
        await using var context = await NewContextAsync();
        return await context.AuditEvents.AsNoTracking().Where(e => e.Action == action).OrderBy(e => e.Id).ToListAsync();
    }

    public Task<DirectoryContext> NewContextAsync() => Get<IDbContextFactory<DirectoryContext>>().CreateDbContextAsync();

    public async Task<Session> NewSessionAsync(User user, string amr = "pwd", ApiToken? token = null)
    {
        var now = Clock.GetUtcNow();
        var session = new Session
        {
            Id = Guid.NewGuid(),
            UserId = user.Id,
            ClientId = "postern-cli",
            Grant = "authorization_code",
            CreatedAt = now,
            LastUsedAt = now,
            Amr = amr,
            AuthTime = now,
            AbsoluteExpiry = now.AddDays(30),
            IdleExpiry = now.AddDays(7),
            ApiTokenId = token?.Id,
        };
        await SaveAsync(session);
        return session;
    }

    public async Task<SshKey> RegisterKeyAsync(User user, PublicKey key)
    {
        var row = new SshKey
        {
            UserId = user.Id,
            Title = "laptop",
            Type = key.Type,
            Blob = key.Blob.ToArray(),
            Sha256Fingerprint = key.Sha256Fingerprint,
            Md5Fingerprint = key.Md5Fingerprint,
            CreatedAt = Clock.GetUtcNow(),
        };
        await SaveAsync(row);
        return row;
    }

    /// <summary>Gives a person an authenticator app, set up at this moment, and returns its secret.</summary>
    public async Task<byte[]> GiveAuthenticatorAsync(User user)
    {
        var secret = Totp.CreateSecret();
        await SaveAsync(new AuthenticatorApp
        {
            UserId = user.Id,
            ProtectedSecret = Get<FactorProtection>().Protect(user.Id, secret),
            CreatedAt = Clock.GetUtcNow(),
            LastUsedAt = Clock.GetUtcNow(),
        });
        return secret;
    }

    public async Task<Certificate> IssueAsync(User user, Session session, PublicKey key, string? sourceAddress = null)
    {
        var outcome = await Authority.SignUserCertificateAsync(
            new UserCertificateRequest
            {
                AuthorizedKey = key.ToAuthorizedKey(),
                UserId = user.Id,
                SessionId = session.Id,
                SessionEnd = session.AbsoluteExpiry,
                TokenId = "token-1",
                TokenClaims = "{}",
                SourceAddress = sourceAddress,
            },
            CancellationToken.None);
        return Assert.IsType<SigningOutcome.Issued>(outcome).Certificate;
    }

    public static PublicKeyAttempt Attempt(Certificate certificate, string service = "", string address = "192.0.2.7") =>
        new(SeenConnection.NewInfo(address), service, certificate.Key, certificate);

    public static PublicKeyAttempt Attempt(PublicKey key, string service = "", string address = "192.0.2.7") =>
        new(SeenConnection.NewInfo(address), service, key, null);

    /// <summary>Lets a person in with a fresh session and certificate, up to the moment when the connection is live.</summary>
    public async Task<(GatewayConnection Connection, SeenConnection Seen, Session Session)> ConnectAsync(
        User user, string? service = null, ApiToken? token = null)
    {
        var session = await NewSessionAsync(user, "pwd mfa", token);
        using var key = Ed25519PrivateKey.Generate();
        var attempt = Attempt(await IssueAsync(user, session, key.PublicKey), service ?? Service);
        var outcome = await Get<GatewayAuthenticator>().AuthenticateAsync(attempt, CancellationToken.None);
        var connection = (GatewayConnection)Assert.IsType<AuthenticationOutcome.Accepted>(outcome).Handler;
        var seen = new SeenConnection(attempt.Connection);
        connection.OnAuthenticated(seen);
        return (connection, seen, session);
    }

    /// <summary>What is decided for a person with a fresh session.</summary>
    public async Task<GrantDecision> DecideAsync(User user, string service, string amr = "pwd", ApiToken? token = null)
    {
        var session = await NewSessionAsync(user, amr, token);
        using var key = Ed25519PrivateKey.Generate();
        var known = Assert.IsType<Identification.Known>(await Get<Identifier>().IdentifyAsync(
            Attempt(await IssueAsync(user, session, key.PublicKey)), Moment.Now, CancellationToken.None));
        return await Get<GrantDecider>().DecideAsync(known.Proof, service, CancellationToken.None);
    }

    public User NewUser(string name) => new()
    {
        Id = Guid.NewGuid(),
        UserName = name,
        NormalizedUserName = name.ToUpperInvariant(),
        Email = $"{name}@example.com",
        NormalizedEmail = $"{name}@EXAMPLE.COM".ToUpperInvariant(),
        CreatedAt = Clock.GetUtcNow(),
        UpdatedAt = Clock.GetUtcNow(),
    };

    public async ValueTask DisposeAsync()
    {
        // Disposing alone would not wait for what a test has started, which may be in the middle of a look at the database.
        await Task.WhenAll(_services.GetServices<IHostedService>().OfType<BackgroundService>().Select(s => s.StopAsync(CancellationToken.None)));
        await _services.DisposeAsync();
        foreach (var key in HostKeys)
        {
            key.Dispose();
        }

        // Not the pools of other tests, which are at work.
        using var connection = new SqliteConnection(ConnectionString);
        SqliteConnection.ClearPool(connection);
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    private static DeployedApp NewApp(string? worker, string access, int instances) => new()
    {
        Name = "app",
        Worker = worker,
        Type = "php:8.3",
        InstanceCount = instances,
        SshAccess = access,
        Relationships = new Dictionary<string, DeployedRelationship>(),
        Mounts = [],
        Variables = new Dictionary<string, string>(),
    };
}
