using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Postern.Directory.Organizations;
using Postern.Directory.People;
using Postern.Directory.Projects;
using Postern.Directory.Schema;
using Postern.Directory.Storage;

namespace Postern.Directory.Tests.Testing;

/// <summary>An empty database of one provider with the schema in it, and a clock that the test turns.</summary>
public sealed class TestDirectory : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly string? _folder;

    private TestDirectory(DirectoryOptions options, string? folder)
    {
        _folder = folder;
        Options = options;
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<TimeProvider>(Clock);
        services.AddDirectory(options);
        _services = services.BuildServiceProvider();
    }

    public DirectoryOptions Options { get; }

    public TestClock Clock { get; } = new();

    public IServiceProvider Services => _services;

    public IDbContextFactory<DirectoryContext> Contexts => Services.GetRequiredService<IDbContextFactory<DirectoryContext>>();

    public SchemaRunner Schema => Services.GetRequiredService<SchemaRunner>();

    public static async Task<TestDirectory> CreateAsync(string provider, PostgreSqlServer server)
    {
        var directory = await CreateWithoutSchemaAsync(provider, server);
        await directory.Schema.RunAsync(CancellationToken.None);
        return directory;
    }

    public static async Task<TestDirectory> CreateWithoutSchemaAsync(string provider, PostgreSqlServer server)
    {
        if (provider == DirectoryOptions.PostgreSql)
        {
            return new TestDirectory(
                new DirectoryOptions { Provider = provider, ConnectionString = await server.CreateDatabaseAsync() }, null);
        }

        var folder = System.IO.Directory.CreateTempSubdirectory("postern-directory-").FullName;
        var file = Path.Combine(folder, "directory.db");
        return new TestDirectory(
            new DirectoryOptions { Provider = provider, ConnectionString = $"Data Source={file}" }, folder);
    }

    public async Task SaveAsync(params object[] entities)
    {
        await using var context = await Contexts.CreateDbContextAsync();
        context.AddRange(entities);
        await context.SaveChangesAsync();
    }

    public User NewUser(string name) => new()
    {
        Id = Guid.NewGuid(),
        UserName = name,
        NormalizedUserName = name.ToUpperInvariant(),
        Email = $"{name}@example.com",
        NormalizedEmail = $"{name}@example.com".ToUpperInvariant(),
        EmailConfirmed = true,
        CreatedAt = Clock.GetUtcNow(),
        UpdatedAt = Clock.GetUtcNow(),
    };

    public Organization NewOrganization(User owner, string name = "acme") => new()
    {
        Id = OrganizationId.Create(Clock),
        Name = name,
        Label = name,
        OwnerId = owner.Id,
        CreatedAt = Clock.GetUtcNow(),
        UpdatedAt = Clock.GetUtcNow(),
    };

    public Project NewProject(Organization organization, string title = "Shop") => new()
    {
        Id = ProjectId.Create(),
        Title = title,
        OrganizationId = organization.Id,
        Region = "local",
        Entropy = ProjectId.CreateEntropy(),
        DefaultBranch = "main",
        CreatedAt = Clock.GetUtcNow(),
        UpdatedAt = Clock.GetUtcNow(),
    };

    public ProjectEnvironment NewEnvironment(Project project, string name, EnvironmentType type) => new()
    {
        ProjectId = project.Id,
        Name = name,
        MachineName = MachineName.FromBranch(name),
        Title = name,
        Type = type,
        Status = EnvironmentStatus.Active,
        CreatedAt = Clock.GetUtcNow(),
        UpdatedAt = Clock.GetUtcNow(),
    };

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        if (_folder is not null)
        {
            // Not the pools of other tests, which are at work.
            using var sqlite = new SqliteConnection(Options.ConnectionString);
            SqliteConnection.ClearPool(sqlite);
            System.IO.Directory.Delete(_folder, recursive: true);
            return;
        }

        // Each test has a database of its own, and what their pools keep adds up to more than a server has room for.
        await using var connection = new NpgsqlConnection(Options.ConnectionString);
        NpgsqlConnection.ClearPool(connection);
    }
}
