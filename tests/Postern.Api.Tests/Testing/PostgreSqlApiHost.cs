using Postern.Directory.Storage;
using Postern.Directory.Tests.Testing;

namespace Postern.Api.Tests.Testing;

/// <summary>The same on a PostgreSQL server of its own.</summary>
public sealed class PostgreSqlApiHost : ApiHost
{
    private readonly PostgreSqlServer _server = new();

    public override async Task InitializeAsync()
    {
        await _server.InitializeAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _server.DisposeAsync();
    }

    protected override async Task<DirectoryOptions> CreateDatabaseAsync(string folder) => new()
    {
        Provider = DirectoryOptions.PostgreSql,
        ConnectionString = await _server.CreateDatabaseAsync(),
    };
}
