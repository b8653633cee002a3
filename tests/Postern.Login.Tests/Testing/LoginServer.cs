using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Postern.Authority;
using Postern.Directory.People;
using Postern.Directory.Schema;
using Postern.Directory.Storage;
using Postern.Login.Accounts;

namespace Postern.Login.Tests.Testing;

/// <summary>The whole of Login over a real database, with requests in memory and a clock that the test turns.</summary>
internal sealed class LoginServer : IAsyncDisposable
{
    public const string Issuer = "https://postern.example";
    public const string Email = "ada@example.com";
    public const string FaultPath = "/fault";
    public const string Password = "correct horse battery";

    private readonly WebApplication _application;
    private readonly DirectoryOptions _directory;
    private readonly string? _folder;

    private LoginServer(WebApplication application, DirectoryOptions directory, TestClock clock, CollectedLog log, string? folder)
    {
        _directory = directory;
        Log = log;
        _application = application;
        _folder = folder;
        Clock = clock;
    }

    private ConcurrentDictionary<string, HeldBody> _held = null!;

    public TestClock Clock { get; }

    public CollectedLog Log { get; }

    public CountingHasher Hasher => Services.GetRequiredService<CountingHasher>();

    /// <summary>Where the database is, with its journal; null on PostgreSQL.</summary>
    public string? Folder => _folder;

    public IServiceProvider Services => _application.Services;

    public IDbContextFactory<DirectoryContext> Contexts => Services.GetRequiredService<IDbContextFactory<DirectoryContext>>();

    public User User { get; private set; } = null!;

    public static Task<LoginServer> StartAsync(LoginOptions? options = null)
    {
        var folder = NewFolder();
        return StartAsync(
            new DirectoryOptions { ConnectionString = $"Data Source={Path.Combine(folder, "directory.db")}" }, options, folder);
    }

    /// <summary>Starts on one provider or the other; the concurrency rules must hold on both.</summary>
    public static async Task<LoginServer> StartAsync(
        string provider, PostgreSqlServer postgreSql, LoginOptions? options = null, bool isEmpty = false)
    {
        if (provider == DirectoryOptions.Sqlite)
        {
            var folder = NewFolder();
            return await StartAsync(
                new DirectoryOptions { ConnectionString = $"Data Source={Path.Combine(folder, "directory.db")}" }, options, folder, isEmpty);
        }

        return await StartAsync(
            new DirectoryOptions { Provider = provider, ConnectionString = await postgreSql.CreateDatabaseAsync() }, options, null, isEmpty);
    }

    /// <summary>Starts a second server on the database of the first, with a clock of its own.</summary>
    public static async Task<LoginServer> StartBesideAsync(LoginServer first)
    {
        var server = await StartAsync(first._directory, null, null, isEmpty: true);
        server.User = first.User;
        return server;
    }

    /// <summary>Starts without any account.</summary>
    public static Task<LoginServer> StartEmptyAsync(LoginOptions? options = null)
    {
        var folder = NewFolder();
        return StartAsync(
            new DirectoryOptions { ConnectionString = $"Data Source={Path.Combine(folder, "directory.db")}" }, options, folder, isEmpty: true);
    }

    // In memory where there is such a place: every commit waits for the disk, and tests commit a lot.
    private static string NewFolder() => System.IO.Directory.CreateDirectory(Path.Combine(
        System.IO.Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), "postern-login-" + Guid.NewGuid().ToString("N"))).FullName;

    private static async Task<LoginServer> StartAsync(DirectoryOptions directory, LoginOptions? options, string? folder, bool isEmpty = false)
    {
        var clock = new TestClock();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        var log = new CollectedLog();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Trace);

        // As postern-server has it, but with every line of ours and the statements, which the tests count.
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.EntityFrameworkCore.Database.Command", LogLevel.Information);
        builder.Services.AddSingleton<CountingHasher>();
        builder.Services.AddSingleton<IPasswordHasher<User>>(provider => provider.GetRequiredService<CountingHasher>());
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddDirectory(directory);
        builder.Services.Configure<PasswordHasherOptions>(hashing => hashing.IterationCount = 1000); // Tests sign in a lot.
        builder.Services.AddSingleton(_ => new MasterKey(Enumerable.Range(1, MasterKey.Size).Select(i => (byte)i).ToArray()));
        builder.Services.AddSingleton(provider => new CertificateAuthority(
            new TestAuthorityStore(provider.GetRequiredService<IDbContextFactory<DirectoryContext>>()),
            new TestLedger(provider.GetRequiredService<IDbContextFactory<DirectoryContext>>()),
            provider.GetRequiredService<MasterKey>(),
            new AuthorityConfig { ExtensionDomain = "postern.test" },
            clock,
            RandomNumberGenerator.Create(),
            NullLogger<CertificateAuthority>.Instance));
        builder.Services.AddPosternLogin(options ?? new LoginOptions { Issuer = Issuer });
        var application = builder.Build();
        var held = new ConcurrentDictionary<string, HeldBody>(StringComparer.Ordinal);
        application.Use((context, next) =>
        {
            if (held.TryGetValue(context.Request.Headers[HeldBody.Header].ToString(), out var body))
            {
                context.Request.Body = body.Wrap(context.Request.Body);
            }


            // The test server has no connections; requests say where they come from.
            context.Connection.RemoteIpAddress = IPAddress.TryParse(context.Request.Headers["X-Test-Address"], out var address)
                ? address
                : IPAddress.Parse("192.0.2.1");
            return next(context);
        });
        application.UseFaultAnswers();
        application.Use((context, next) => context.Request.Path == FaultPath ? FailAsync(context) : next(context));
        application.UseRouting();
        application.UseAuthentication();
        application.UseAuthorization();
        application.MapPosternLogin();
        application.MapGet("/whoami", (HttpContext context) => context.User.FindFirst("sub")!.Value).RequireAuthorization();
        await application.Services.GetRequiredService<SchemaRunner>().RunAsync(CancellationToken.None);
        await application.Services.GetRequiredService<CertificateAuthority>().InitializeAsync(CancellationToken.None);
        await application.StartAsync();
        var server = new LoginServer(application, directory, clock, log, folder) { _held = held };
        if (!isEmpty)
        {
            server.User = await server.CreateUserAsync(Email, Password);
        }

        return server;
    }

    // Whatever an endpoint may have begun to answer before it met a fault.
    private static async Task FailAsync(HttpContext context)
    {
        context.Response.Headers.Location = "/half-done";
        context.Response.Cookies.Append("half", "done");
        if (context.Request.Query["text"].ToString() is { Length: > 0 } text)
        {
            await using var database = await context.RequestServices.GetRequiredService<IDbContextFactory<DirectoryContext>>().CreateDbContextAsync();
            await database.Users.AnyAsync(u => u.Email == text);
        }

        throw new InvalidOperationException("a fault of ours");
    }

    public async Task<User> CreateUserAsync(string email, string password)
    {
        await using var scope = Services.CreateAsyncScope();
        var result = await scope.ServiceProvider.GetRequiredService<AccountService>().CreateAsync(new(email, "Ada", "Lovelace", password));
        return result.User ?? throw new InvalidOperationException(string.Join(' ', result.Faults));
    }

    public async Task<AccountResult> WithAccountsAsync(Func<AccountService, Task<AccountResult>> act)
    {
        await using var scope = Services.CreateAsyncScope();
        return await act(scope.ServiceProvider.GetRequiredService<AccountService>());
    }

    public async Task<T> QueryAsync<T>(Func<DirectoryContext, Task<T>> query)
    {
        await using var context = await Contexts.CreateDbContextAsync();
        return await query(context);
    }

    /// <summary>
    /// Waits until the feed of changes has looked at the database for the first time, so that until the clock is moved no statement
    /// runs but those of requests.
    /// </summary>
    public Task WaitForFirstLookAsync() => Programs.WaitUntilAsync(
        () => Log.Lines.Any(line => line.StartsWith(CollectedLog.Statements, StringComparison.Ordinal) && line.Contains("FROM \"changes\"", StringComparison.Ordinal)),
        "the feed's first look");

    /// <summary>Makes the server wait for the body of the request that has this value in its header.</summary>
    public HeldBody Hold(string name) => _held[name] = new HeldBody();

    /// <summary>A client without cookies that follows no redirects, as programs are.</summary>
    public HttpClient Client() => new(_application.GetTestServer().CreateHandler()) { BaseAddress = new Uri(Issuer) };

    /// <summary>A browser with cookies of its own.</summary>
    public Browser Browser() => new(_application.GetTestServer().CreateHandler());

    public async ValueTask DisposeAsync()
    {
        // Disposing alone would not wait for the hosted services, which may be in the middle of a look at the database.
        await _application.StopAsync();
        await _application.DisposeAsync();
        if (_folder is not null)
        {
            // Not the pools of other tests, which are at work.
            using var connection = new SqliteConnection(_directory.ConnectionString);
            SqliteConnection.ClearPool(connection);
            System.IO.Directory.Delete(_folder, recursive: true);
        }
    }
}
